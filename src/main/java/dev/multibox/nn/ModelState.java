package dev.multibox.nn;

import dev.multibox.backend.Backend;
import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The memory of a model: three slabs of F32, for masters, momentum and gradients, in which each
 * parameter is the same range, and so are all parameters of a role. Whatever works on all
 * parameters works on plain ranges of them.
 */
public final class ModelState {
  /** Parameters begin at multiples of this many elements, so that kernels may load 16 bytes. */
  private static final long ALIGNMENT_ELEMENTS = 4;

  private final Backend backend;
  private final List<Parameter> parameters;
  private final List<Buffer> buffers;
  private final Tensor weights;
  private final Tensor momentum;
  private final Tensor gradients;
  private final Map<Role, Range> ranges = new EnumMap<>(Role.class);

  /** A part of each slab. */
  private record Range(long first, long elements) {}

  private ModelState(Backend backend, Scope scope, TensorArena arena) {
    this.backend = backend;
    buffers = List.copyOf(scope.buffers());
    List<Parameter> ordered = new ArrayList<>();
    long end = 0;
    for (Role role : Role.values()) {
      List<Parameter> ofRole =
          scope.parameters().stream().filter(parameter -> parameter.role() == role).toList();
      ordered.addAll(ofRole);
      Range range = new Range(end, ofRole.stream().mapToLong(ModelState::room).sum());
      ranges.put(role, range);
      end += range.elements();
    }
    parameters = List.copyOf(ordered);

    Shape slab = Shape.of(end);
    weights = arena.zeros(slab, DType.F32);
    momentum = arena.zeros(slab, DType.F32);
    gradients = arena.zeros(slab, DType.F32);
    long at = 0;
    for (Parameter parameter : parameters) {
      parameter.bind(
          weights.slice(at, parameter.storedShape()),
          gradients.slice(at, parameter.storedShape()),
          momentum.slice(at, parameter.storedShape()));
      at += room(parameter);
    }
    buffers.forEach(buffer -> buffer.bind(arena.zeros(buffer.shape(), DType.F32)));
  }

  /** Lays out what a model declared, all zeros, in memory of {@code arena}. */
  public static ModelState allocate(Backend backend, Scope scope, TensorArena arena) {
    return new ModelState(backend, scope, arena);
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
    backend.elementwise().fill(momentum, 0);
  }

  /** Writes values in a parameter's shape into its range of a slab, zeros into the padding. */
  public void write(Parameter parameter, Tensor range, float[] values) {
    float[] stored = Padding.pad(values, parameter.shape(), parameter.storedShape());
    backend.upload(stored, range);
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
    parameters.forEach(parameter -> parameter.variable().resetGradient());
  }

  /** Role by role, each in order of declaration. */
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

  /** All momenta. */
  public Tensor momentum() {
    return momentum;
  }

  /** All gradients; a parameter that no gradient reached has what it had before. */
  public Tensor gradients() {
    return gradients;
  }

  /** The parameters of a role in a slab. */
  public Tensor range(Tensor slab, Role role) {
    Range range = ranges.getOrDefault(role, new Range(0, 0));
    return slab.slice(range.first(), Shape.of(range.elements()));
  }
}
