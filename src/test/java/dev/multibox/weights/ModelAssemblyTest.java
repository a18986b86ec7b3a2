package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.Normalisation;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdNetwork;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.weights.ForeignModel.HeadOrder;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On the smallest model, as a project that calls its parts net, cls and box might save it. */
class ModelAssemblyTest {
  private static final int CLASSES = 3;
  private static final NameMap NAMES =
      NameMap.of(
          """
          **.num_batches_tracked  -
          net.**                  backbone.**
          cls.#.*                 heads.#.*  classes
          box.#.*                 heads.#.*  boxes
          """);

  private final SsdNetwork network =
      new SsdNetwork(Ssd.Config.of(ModelRegistry.find("ssd-tiny"), CLASSES), 1);

  private static ForeignModel model(HeadOrder order, boolean backbone) {
    return new ForeignModel(
        "tiny", "net", backbone, _ -> "ssd-tiny", NAMES, order, _ -> Normalisation.imageNet());
  }

  /** Zeros under their names. */
  private Map<String, StoredTensor> theirs() {
    Map<String, StoredTensor> theirs = new LinkedHashMap<>();
    for (Parameter parameter : network.scope().parameters()) {
      String name = parameter.name();
      Shape shape = parameter.shape();
      if (name.startsWith("heads.")) {
        int priors = network.headLayouts().get(name.charAt(6) - '0').priorsPerCell();
        theirs.put(name.replace("heads", "cls"), zeros(foreign(shape, (long) priors * CLASSES)));
        theirs.put(name.replace("heads", "box"), zeros(foreign(shape, priors * 4L)));
      } else {
        theirs.put(name.replace("backbone", "net"), zeros(foreign(shape, shape.dim(0))));
      }
    }
    for (Buffer buffer : network.scope().buffers()) {
      theirs.put(buffer.name().replace("backbone", "net"), zeros(buffer.shape()));
    }
    return theirs;
  }

  private static Shape foreign(Shape ours, long rows) {
    return ours.rank() == 4
        ? Shape.of(rows, ours.dim(3), ours.dim(1), ours.dim(2))
        : Shape.of(rows);
  }

  private static StoredTensor zeros(Shape shape) {
    return StoredTensor.of(shape, new float[Math.toIntExact(shape.size())]);
  }

  private ModelAssembly assemble(ForeignModel model, Map<String, StoredTensor> theirs) {
    ModelAssembly assembly = new ModelAssembly(network, model);
    theirs.forEach(assembly::place);
    return assembly;
  }

  @Test
  void takesAModelThatFits() {
    ModelAssembly assembly = assemble(model(HeadOrder.PRIOR_FIRST, false), theirs());
    assertThat(assembly.misfits()).isEmpty();
    assertThat(assembly.tensors())
        .hasSize(network.scope().parameters().size() + network.scope().buffers().size());
  }

  @Test
  void turnsFiltersChannelsLast() {
    Map<String, StoredTensor> theirs = theirs();
    String name = "net.stride2.conv.weight"; // [24, 3, 3, 3]
    float[] values = new float[24 * 27];
    values[((5 * 3 + 2) * 3 + 0) * 3 + 1] = 7; // filter 5, channel 2, row 0, column 1
    theirs.put(name, StoredTensor.of(Shape.of(24, 3, 3, 3), values));
    float[] ours =
        floats(
            assemble(model(HeadOrder.PRIOR_FIRST, false), theirs), "backbone.stride2.conv.weight");
    assertThat(ours[((5 * 3 + 0) * 3 + 1) * 3 + 2]).isEqualTo(7);
    assertThat(ours).containsOnly(0, 7);
  }

  @ParameterizedTest
  @EnumSource(HeadOrder.class)
  void joinsClassAndBoxHeads(HeadOrder order) {
    HeadLayout layout = network.headLayouts().getFirst();
    int priors = layout.priorsPerCell();
    float[] classes = new float[priors * CLASSES];
    float[] boxes = new float[priors * 4];
    for (int a = 0; a < priors; a++) {
      for (int k = 0; k < CLASSES; k++) {
        classes[order == HeadOrder.PRIOR_FIRST ? a * CLASSES + k : k * priors + a] =
            100 + 10 * a + k;
      }
      for (int c = 0; c < 4; c++) {
        boxes[order == HeadOrder.PRIOR_FIRST ? a * 4 + c : c * priors + a] = 200 + 10 * a + c;
      }
    }
    Map<String, StoredTensor> theirs = theirs();
    theirs.put("cls.0.bias", StoredTensor.of(Shape.of(classes.length), classes));
    theirs.put("box.0.bias", StoredTensor.of(Shape.of(boxes.length), boxes));
    float[] ours = floats(assemble(model(order, false), theirs), "heads.0.bias");
    for (int a = 0; a < priors; a++) {
      for (int k = 0; k < CLASSES; k++) {
        assertThat(ours[layout.logit(a, k)]).isEqualTo(100 + 10 * a + k);
      }
      for (int c = 0; c < 4; c++) {
        assertThat(ours[layout.offset(a, c)]).isEqualTo(200 + 10 * a + c);
      }
    }
  }

  @Test
  void readsHalvesBfloatsAndDoublesAsFloats() {
    Map<String, StoredTensor> theirs = theirs();
    short[] halves = {Float.floatToFloat16(1.5f)};
    assertThat(FloatValues.of(stored(StoredType.F16, MemorySegment.ofArray(halves))))
        .containsExactly(1.5f);
    short[] brains = {(short) 0xC000};
    assertThat(FloatValues.of(stored(StoredType.BF16, MemorySegment.ofArray(brains))))
        .containsExactly(-2);
    double[] doubles = {0.1};
    assertThat(FloatValues.of(stored(StoredType.F64, MemorySegment.ofArray(doubles))))
        .containsExactly(0.1f);
    theirs.put(
        "net.stride2.bn.bias",
        new StoredTensor(StoredType.I32, Shape.of(24), MemorySegment.ofArray(new int[24])));
    assertThat(assemble(model(HeadOrder.PRIOR_FIRST, false), theirs).misfits())
        .containsExactly(
            "net.stride2.bn.bias is [24] I32, wanted [24] F32", "missing backbone.stride2.bn.bias");
  }

  private static StoredTensor stored(StoredType type, MemorySegment data) {
    return new StoredTensor(type, Shape.of(1), data);
  }

  @Test
  void namesWhatDoesNotFit() {
    Map<String, StoredTensor> theirs = theirs();
    theirs.put("net.stride2.bn.num_batches_tracked", zeros(Shape.of()));
    theirs.put("net.stride64.conv.weight", zeros(Shape.of(1)));
    theirs.put("other", zeros(Shape.of(1)));
    theirs.put("cls.9.weight", zeros(Shape.of(1)));
    theirs.put("cls.0.bias", zeros(Shape.of(5)));
    theirs.remove("box.1.weight");
    theirs.remove("net.stride2.bn.running_var");
    assertThat(assemble(model(HeadOrder.PRIOR_FIRST, false), theirs).misfits())
        .containsExactlyInAnyOrder(
            "left over net.stride64.conv.weight",
            "left over other",
            "left over cls.9.weight",
            "cls.0.bias is [5] F32, wanted [12] F32",
            "missing the class rows of heads.0.bias",
            "missing the box rows of heads.1.weight",
            "missing backbone.stride2.bn.running_var");
  }

  @Test
  void wantsOfABackboneWhatItsTableGives() {
    Map<String, StoredTensor> theirs = theirs();
    theirs.keySet().removeIf(name -> !name.startsWith("net."));
    assertThat(assemble(model(HeadOrder.PRIOR_FIRST, false), theirs).misfits()).isNotEmpty();
    NameMap names = NameMap.of("net.**  backbone.**");
    ForeignModel backbone =
        new ForeignModel(
            "tiny",
            "net",
            true,
            _ -> "ssd-tiny",
            names,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.imageNet());
    assertThat(assemble(backbone, theirs).misfits()).isEmpty();
    theirs.remove("net.stride32.conv.weight");
    assertThat(assemble(backbone, theirs).misfits())
        .containsExactly("missing backbone.stride32.conv.weight");
  }

  private static float[] floats(ModelAssembly assembly, String name) {
    assertThat(assembly.misfits()).isEmpty();
    return Objects.requireNonNull(assembly.tensors().get(name), name)
        .data()
        .toArray(JAVA_FLOAT_UNALIGNED);
  }
}
