package dev.multibox.weights;

import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A model's weights and running statistics in a file, under the names they have in the model, and
 * momentum under {@code momentum.<name>}.
 */
public final class ModelWeights {
  /** What the name of a parameter's momentum begins with. */
  public static final String MOMENTUM = "momentum.";

  private static final int MOST_NAMED = 3;

  private ModelWeights() {}

  /**
   * The classes, background included, for which {@code file} has heads of {@code model}.
   *
   * @throws IOException if it has none
   */
  public static int classes(WeightFile file, SsdDefinition model) throws IOException {
    String first = HeadNames.firstBias(model.heads());
    StoredTensor bias = file.tensors().get(first);
    int perCell = model.priors().priorsPerCell().getFirst();
    if (bias == null || bias.shape().rank() != 1 || bias.shape().size() % perCell != 0) {
      throw Refusal.of(
          file.path(),
          "has no %s of a multiple of %d values, as %s has".formatted(first, perCell, model.name()),
          "name weights of this model, or convert another project's with --from");
    }
    return Math.toIntExact(bias.shape().size() / perCell - HeadNames.boxRows(first));
  }

  /**
   * Fills a model's weights and statistics, and the momentum of one that is trained; with zeros
   * where {@code file} has none at all.
   *
   * @param model its name, for messages
   * @throws IOException if a tensor is missing, left over, not F32 or of another shape; the message
   *     names some, and the model is untouched
   */
  public static void load(WeightFile file, String model, ModelState state) throws IOException {
    boolean momentum = hasMomentum(file);
    check(file, model, state.parameters(), state.buffers(), momentum);
    for (Parameter parameter : state.parameters()) {
      state.write(parameter, parameter.value(), floats(file, parameter.name()));
      if (state.isTrained()) {
        float[] velocity =
            momentum
                ? floats(file, MOMENTUM + parameter.name())
                : new float[Math.toIntExact(parameter.shape().size())];
        state.write(parameter, parameter.momentum(), velocity);
      }
    }
    for (Buffer buffer : state.buffers()) {
      state.write(buffer, floats(file, buffer.name()));
    }
  }

  /**
   * Fills what {@code file} has of a network that was just initialised, momentum left aside. Rows
   * for the classes of another number of categories stay as they are, and with {@code backbone} all
   * that the file does not have.
   *
   * @return one line on each thing that stays as it is
   * @throws IOException if anything else is missing, left over, not F32 or of another shape; the
   *     message names some, and the network is untouched
   */
  public static List<String> start(WeightFile file, Ssd ssd, boolean backbone) throws IOException {
    StartingWeights start = new StartingWeights(file, ssd, backbone);
    requireNone(start.misfits(), file, ssd.config().definition().name());
    start.load();
    return start.remarks();
  }

  static boolean isMomentum(String name) {
    return name.startsWith(MOMENTUM);
  }

  /**
   * A model's weights and running statistics as {@code file} has them, without momentum.
   *
   * @param scope where the model is declared
   * @throws IOException as {@link #load}
   */
  public static SequencedMap<String, StoredTensor> read(WeightFile file, String model, Scope scope)
      throws IOException {
    check(file, model, scope.parameters(), scope.buffers(), hasMomentum(file));
    SequencedMap<String, StoredTensor> weights = new LinkedHashMap<>(file.tensors());
    weights.keySet().removeIf(ModelWeights::isMomentum);
    return weights;
  }

  private static boolean hasMomentum(WeightFile file) {
    return file.tensors().keySet().stream().anyMatch(ModelWeights::isMomentum);
  }

  private static void check(
      WeightFile file,
      String model,
      List<Parameter> parameters,
      List<Buffer> buffers,
      boolean momentum)
      throws IOException {
    Map<String, Shape> wanted = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      wanted.put(parameter.name(), parameter.shape());
      if (momentum) {
        wanted.put(MOMENTUM + parameter.name(), parameter.shape());
      }
    }
    buffers.forEach(buffer -> wanted.put(buffer.name(), buffer.shape()));
    List<String> wrong = misfits(file, wanted);
    file.tensors().keySet().stream()
        .filter(name -> !wanted.containsKey(name))
        .forEach(name -> wrong.add("left over " + name));
    requireNone(wrong, file, model);
  }

  private static void requireNone(List<String> wrong, WeightFile file, String model)
      throws IOException {
    if (!wrong.isEmpty()) {
      throw Refusal.of(
          file.path(),
          "does not fit %s: %s".formatted(model, shortened(wrong)),
          "name weights of the same network");
    }
  }

  private static String shortened(List<String> wrong) {
    String named = String.join("; ", wrong.subList(0, Math.min(MOST_NAMED, wrong.size())));
    return wrong.size() <= MOST_NAMED
        ? named
        : "%s; and %d more".formatted(named, wrong.size() - MOST_NAMED);
  }

  private static List<String> misfits(WeightFile file, Map<String, Shape> wanted) {
    List<String> wrong = new ArrayList<>();
    wanted.forEach((name, shape) -> {
      StoredTensor tensor = file.tensors().get(name);
      if (tensor == null) {
        wrong.add("missing " + name);
      } else if (tensor.type() != StoredType.F32 || !tensor.shape().equals(shape)) {
        wrong.add("%s is %s, wanted %s F32".formatted(name, tensor, shape));
      }
    });
    return wrong;
  }

  static float[] floats(WeightFile file, String name) throws IOException {
    return file.tensor(name).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
