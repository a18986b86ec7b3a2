package dev.multibox.nn;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Checks;
import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a model: a slab of masters and one of momentum, in F32, in which each parameter is
 * the same range, and so are all parameters of a role, those behind that are frozen. Gradients are
 * laid out alike, role by role, for those of a role have one type. A network of F16 reads its
 * filters from copies of the masters, laid out alike too. A network that is never trained has
 * neither momentum nor gradients.
 */
public final class ModelState {
  /** Parameters begin at multiples of this many elements, so that kernels may load 16 bytes. */
  private static final long ALIGNMENT_ELEMENTS = 8;

  private final Backend backend;
  private final List<Parameter> parameters;
  private final List<Buffer> buffers;
  private final Tensor weights;
  private final @Nullable Tensor momentum;
  private final Map<Role, Range> ranges = new EnumMap<>(Role.class);

  /**
   * All parameters of a role but those that are frozen: what is updated together.
   *
   * @param weights F32 masters
   * @param momentum F32
   * @param gradients of the type that ops read the parameters in; one that no gradient reached has
   *     what it had before
   * @param copies F16 filters, which ops read instead of the masters; null where they read those
   */
  public record Range(Tensor weights, Tensor momentum, Tensor gradients, @Nullable Tensor copies) {
    private Range first(long elements) {
      Shape part = Shape.of(elements);
      return new Range(
          weights.slice(0, part),
          momentum.slice(0, part),
          gradients.slice(0, part),
          copies == null ? null : copies.slice(0, part));
    }
  }

  private ModelState(
      Backend backend, Scope scope, DType filterType, boolean trained, TensorArena arena) {
    Checks.require(
        "model",
        filterType == DType.F32 || filterType == DType.F16,
        "filters were to be %s, wanted F32 or F16",
        filterType);
    this.backend = backend;
    buffers = List.copyOf(scope.buffers());
    parameters =
        Arrays.stream(Role.values()).flatMap(role -> ofRole(role, scope.parameters())).toList();
    Shape slab = Shape.of(room(parameters));
    weights = arena.zeros(slab, DType.F32);
    momentum = trained ? arena.zeros(slab, DType.F32) : null;
    long first = 0;
    for (Role role : Role.values()) {
      List<Parameter> bound = ofRole(role, parameters).toList();
      Shape part = Shape.of(room(bound));
      // Biases, scales and shifts stay F32: they are few, and kernels add them in F32.
      DType type = role == Role.WEIGHT ? filterType : DType.F32;
      Tensor masters = weights.slice(first, part);
      Tensor copies = type == DType.F16 ? arena.zeros(part, type) : null;
      bind(bound, masters, copies);
      if (momentum != null) {
        Range range =
            new Range(masters, momentum.slice(first, part), arena.zeros(part, type), copies);
        bindForTraining(bound, range);
        List<Parameter> updated = bound.stream().filter(parameter -> !parameter.frozen()).toList();
        ranges.put(role, range.first(room(updated)));
      }
      first += part.size();
    }
    buffers.forEach(buffer -> buffer.bind(arena.zeros(buffer.shape(), DType.F32)));
  }

  private static Stream<Parameter> ofRole(Role role, List<Parameter> parameters) {
    return parameters.stream()
        .filter(parameter -> parameter.role() == role)
        .sorted(Comparator.comparing(Parameter::frozen));
  }

  private static void bind(List<Parameter> parameters, Tensor masters, @Nullable Tensor copies) {
    long at = 0;
    for (Parameter parameter : parameters) {
      Tensor master = masters.slice(at, parameter.storedShape());
      Tensor read = copies == null ? master : copies.slice(at, parameter.storedShape());
      parameter.bind(master, read);
      at += room(parameter);
    }
  }

  private static void bindForTraining(List<Parameter> parameters, Range range) {
    long at = 0;
    for (Parameter parameter : parameters) {
      Shape shape = parameter.storedShape();
      parameter.bindForTraining(
          range.momentum().slice(at, shape), range.gradients().slice(at, shape));
      at += room(parameter);
    }
  }

  /** Lays out what a model declared, all zeros, in memory of {@code arena}; all of it is F32. */
  public static ModelState allocate(Backend backend, Scope scope, TensorArena arena) {
    return allocate(backend, scope, DType.F32, arena);
  }

  /** The same for a network whose activations and filters are of a type, F32 or F16. */
  public static ModelState allocate(
      Backend backend, Scope scope, DType filterType, TensorArena arena) {
    return new ModelState(backend, scope, filterType, true, arena);
  }

  /**
   * The weights alone, for a network that is never trained: every parameter is a constant, and
   * there is neither momentum nor a gradient.
   */
  public static ModelState forInference(
      Backend backend, Scope scope, DType filterType, TensorArena arena) {
    return new ModelState(backend, scope, filterType, false, arena);
  }

  private static long room(List<Parameter> parameters) {
    return parameters.stream().mapToLong(ModelState::room).sum();
  }

  private static long room(Parameter parameter) {
    return Math.ceilDiv(parameter.storedShape().size(), ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS;
  }

  /**
   * Gives every parameter its first values and every buffer its initial one. A parameter's values
   * depend on the seed and its name alone, not on the rest of the model.
   */
  public void initialize(long seed) {
    for (Parameter parameter : parameters) {
      long own = seed * 0x9E3779B97F4A7C15L + parameter.name().hashCode();
      float[] values = parameter.initializer().draw(parameter.shape(), new SplittableRandom(own));
      write(parameter, parameter.value(), values);
    }
    buffers.forEach(buffer -> backend.elementwise().fill(buffer.value(), buffer.initial()));
    if (momentum != null) {
      backend.elementwise().fill(momentum, 0);
    }
  }

  /**
   * Writes values in a parameter's shape into its range of a slab, zeros into the padding; the copy
   * that ops read follows its master.
   */
  public void write(Parameter parameter, Tensor range, float[] values) {
    float[] stored = Padding.pad(values, parameter.shape(), parameter.storedShape());
    backend.upload(stored, range);
    Tensor read = parameter.variable().value();
    if (read != parameter.value()) {
      backend.convert().convert(parameter.value(), read);
    }
  }

  /** Writes values into a buffer. */
  public void write(Buffer buffer, float[] values) {
    backend.upload(values, buffer.value());
  }

  /** A parameter's range of a slab, in the parameter's shape. */
  public float[] read(Parameter parameter, Tensor range) {
    return Padding.strip(backend.floats(range), parameter.shape(), parameter.storedShape());
  }

  /** Starts a new sum of gradients: the next one of each parameter overwrites. */
  public void resetGradients() {
    for (Role role : Role.values()) {
      resetGradients(role);
    }
  }

  /** The same for the parameters of a role. */
  public void resetGradients(Role role) {
    ofRole(role, parameters)
        .filter(parameter -> !parameter.frozen())
        .forEach(parameter -> parameter.variable().resetGradient());
  }

  /** Role by role, each in order of declaration, those behind that are frozen. */
  public List<Parameter> parameters() {
    return parameters;
  }

  public List<Buffer> buffers() {
    return buffers;
  }

  /** The number of learned values, without what aligns them. */
  public long parameterCount() {
    return parameters.stream().mapToLong(parameter -> parameter.shape().size()).sum();
  }

  /** All masters. */
  public Tensor weights() {
    return weights;
  }

  /** Whether there is momentum, and gradients. */
  public boolean isTrained() {
    return momentum != null;
  }

  /**
   * All momenta.
   *
   * @throws IllegalStateException if this is for inference
   */
  public Tensor momentum() {
    return trained(momentum);
  }

  /**
   * The parameters of a role in every slab, without those that are frozen.
   *
   * @throws IllegalStateException if this is for inference
   */
  public Range range(Role role) {
    return trained(ranges.get(role));
  }

  private static <T> T trained(@Nullable T memory) {
    if (memory == null) {
      throw new IllegalStateException("model: it is for inference and cannot be trained");
    }
    return memory;
  }
}
