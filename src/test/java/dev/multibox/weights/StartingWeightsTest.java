package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.multibox.BackendSource;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class StartingWeightsTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("weights.safetensors");
  }

  private static Ssd model(Backend backend, TensorArena arena, int classes, long seed) {
    Ssd ssd = new Ssd(backend, Ssd.Config.of(ModelRegistry.find("ssd-tiny"), classes), arena);
    ssd.state().initialize(seed);
    return ssd;
  }

  private static Map<String, StoredTensor> tensors(Backend backend, Ssd ssd) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : ssd.state().parameters()) {
      float[] values = ssd.state().read(parameter, parameter.value());
      tensors.put(parameter.name(), StoredTensor.of(parameter.shape(), values));
    }
    ssd.state()
        .buffers()
        .forEach(buffer ->
            tensors.put(
                buffer.name(), StoredTensor.of(buffer.shape(), backend.floats(buffer.value()))));
    return tensors;
  }

  private List<String> start(Map<String, StoredTensor> tensors, Ssd ssd, boolean backbone)
      throws IOException {
    SafetensorsWriter.write(file, Map.of(), tensors);
    try (WeightFile opened = WeightFile.open(file)) {
      return ModelWeights.start(opened, ssd, backbone);
    }
  }

  private static float[] values(Ssd ssd, String name) {
    for (Parameter parameter : ssd.state().parameters()) {
      if (parameter.name().equals(name)) {
        return ssd.state().read(parameter, parameter.value());
      }
    }
    throw new IllegalArgumentException(name);
  }

  @BackendSource
  void takesEverythingOfTheSameNetwork(Backend backend) throws IOException {
    try (TensorArena arena = backend.newArena()) {
      Ssd saved = model(backend, arena, 3, 1);
      Ssd ssd = model(backend, arena, 3, 2);
      Map<String, StoredTensor> tensors = tensors(backend, saved);
      tensors.put("momentum.heads.0.bias", tensors.get("heads.0.bias"));
      assertThat(start(tensors, ssd, false)).isEmpty();
      assertThat(backend.floats(ssd.state().weights()))
          .isEqualTo(backend.floats(saved.state().weights()));
    }
  }

  @BackendSource
  void startsClassHeadsAnewForAnotherNumberOfClasses(Backend backend) throws IOException {
    try (TensorArena arena = backend.newArena()) {
      Ssd saved = model(backend, arena, 5, 1);
      Ssd ssd = model(backend, arena, 3, 2);
      Ssd untouched = model(backend, arena, 3, 2);
      assertThat(start(tensors(backend, saved), ssd, false))
          .containsExactly(
              file
                  + " has heads for 5 classes, the network has 3: class heads start anew, box heads"
                  + " go on");
      String name = "backbone.stride16a.conv.weight";
      assertThat(values(ssd, name)).isEqualTo(values(saved, name));
      for (int level = 0; level < ssd.headLayouts().size(); level++) {
        HeadLayout ours = ssd.headLayouts().get(level);
        HeadLayout theirs = saved.headLayouts().get(level);
        String head = "heads.%d.weight".formatted(level);
        for (int a = 0; a < ours.priorsPerCell(); a++) {
          for (int k = 0; k < ours.classes(); k++) {
            int row = ours.logit(a, k);
            assertThat(row(ssd, head, row)).isEqualTo(row(untouched, head, row));
          }
          for (int c = 0; c < 4; c++) {
            assertThat(row(ssd, head, ours.offset(a, c)))
                .isEqualTo(row(saved, head, theirs.offset(a, c)));
          }
        }
      }
    }
  }

  /** A separable head has its logits apart: they start anew, all else goes on. */
  @BackendSource
  void startsLogitsOfSeparableHeadsAnew(Backend backend) throws IOException {
    try (TensorArena arena = backend.newArena()) {
      Ssd saved = lite(backend, arena, 5, 1);
      Ssd ssd = lite(backend, arena, 3, 2);
      Ssd untouched = lite(backend, arena, 3, 2);
      assertThat(start(tensors(backend, saved), ssd, false))
          .singleElement()
          .asString()
          .contains("heads for 5 classes, the network has 3: class heads start anew");
      for (Parameter parameter : ssd.state().parameters()) {
        String name = parameter.name();
        boolean anew = name.contains(".logits.project.");
        assertThat(values(ssd, name))
            .describedAs(name)
            .isEqualTo(values(anew ? untouched : saved, name));
      }
    }
  }

  private static Ssd lite(Backend backend, TensorArena arena, int classes, long seed) {
    SsdDefinition definition = ModelRegistry.find("ssdlite320-mobilenet-v3-large");
    Ssd ssd = new Ssd(backend, new Ssd.Config(definition, 64, 64, classes), arena);
    ssd.state().initialize(seed);
    return ssd;
  }

  private static List<Float> row(Ssd ssd, String head, int row) {
    float[] values = values(ssd, head);
    int rows = values(ssd, head.replace("weight", "bias")).length;
    int size = values.length / rows;
    List<Float> found = new ArrayList<>();
    for (int i = row * size; i < (row + 1) * size; i++) {
      found.add(values[i]);
    }
    return found;
  }

  @BackendSource
  void takesABackboneAlone(Backend backend) throws IOException {
    try (TensorArena arena = backend.newArena()) {
      Ssd saved = model(backend, arena, 3, 1);
      Ssd ssd = model(backend, arena, 4, 2);
      float[] head = values(ssd, "heads.0.weight");
      Map<String, StoredTensor> tensors = tensors(backend, saved);
      tensors.keySet().removeIf(name -> name.startsWith("heads."));
      tensors.remove("backbone.stride32.conv.weight");
      int all = ssd.state().parameters().size() + ssd.state().buffers().size();
      assertThat(start(tensors, ssd, true))
          .containsExactly(
              "%s is a backbone: 9 of the network's %d tensors start anew".formatted(file, all));
      assertThat(values(ssd, "heads.0.weight")).isEqualTo(head);
      assertThat(values(ssd, "backbone.stride2.conv.weight"))
          .isEqualTo(values(saved, "backbone.stride2.conv.weight"));
    }
  }

  @BackendSource
  void refusesAnythingElseAndTouchesNothing(Backend backend) throws IOException {
    try (TensorArena arena = backend.newArena()) {
      Ssd ssd = model(backend, arena, 3, 2);
      float[] before = backend.floats(ssd.state().weights());
      Map<String, StoredTensor> tensors = tensors(backend, model(backend, arena, 3, 1));
      StoredTensor one = StoredTensor.of(Shape.of(1), new float[1]);
      tensors.remove("backbone.stride32.conv.weight");
      tensors.put("backbone.stride2.bn.bias", one);
      tensors.put("backbone.other", one);
      assertThatIOException()
          .isThrownBy(() -> start(tensors, ssd, false))
          .withMessageContaining("does not fit ssd-tiny")
          .withMessageContaining("missing backbone.stride32.conv.weight")
          .withMessageContaining("backbone.stride2.bn.bias is [1] F32, wanted [24] F32")
          .withMessageContaining("left over backbone.other");
      assertThatIOException()
          .isThrownBy(() -> start(tensors, ssd, true))
          .withMessageNotContaining("missing")
          .withMessageContaining("left over backbone.other");
      assertThat(backend.floats(ssd.state().weights())).isEqualTo(before);
    }
  }
}
