package dev.multibox.nn;

import dev.multibox.nn.Parameter.Role;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where layers declare what they learn; a child's names are prefixed with its own, so that {@code
 * scope.child("conv1").parameter("weight", ...)} is {@code conv1.weight}.
 */
public final class Scope {
  private final String prefix;
  private final int channelMultiple;
  private final Map<String, Parameter> parameters;
  private final Map<String, Buffer> buffers;

  /**
   * The scope of a whole model.
   *
   * @param channelMultiple what the backend pads the image's and the heads' channels to
   */
  public Scope(int channelMultiple) {
    this("", channelMultiple, new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  private Scope(
      String prefix,
      int channelMultiple,
      Map<String, Parameter> parameters,
      Map<String, Buffer> buffers) {
    this.prefix = prefix;
    this.channelMultiple = channelMultiple;
    this.parameters = parameters;
    this.buffers = buffers;
  }

  /** What the names declared here begin with, without the dot; empty for a whole model. */
  public String name() {
    return prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
  }

  /** The scope of a part. */
  public Scope child(String name) {
    return new Scope(prefix + name + ".", channelMultiple, parameters, buffers);
  }

  /** What the backend pads the image's and the heads' channels to. */
  public int channelMultiple() {
    return channelMultiple;
  }

  /** {@code channels} rounded up to the backend's multiple. */
  public long padded(long channels) {
    return Math.ceilDiv(channels, channelMultiple) * channelMultiple;
  }

  /** The stored shape of a filter {@code [K, R, S, C]} that reads the image with its padding. */
  Shape paddedInput(Shape filter) {
    return Shape.of(filter.dim(0), filter.dim(1), filter.dim(2), padded(filter.dim(3)));
  }

  /** Declares a filter. */
  public Parameter weight(String name, Shape shape, Initializer initializer) {
    return weight(name, shape, shape, initializer);
  }

  /** Declares a filter that is stored with zeros behind each axis, up to {@code storedShape}. */
  public Parameter weight(String name, Shape shape, Shape storedShape, Initializer initializer) {
    return declare(new Parameter(prefix + name, shape, storedShape, initializer, Role.WEIGHT));
  }

  /** Declares a scale or a shift of a normalisation. */
  public Parameter scale(String name, Shape shape, Initializer initializer) {
    return declare(new Parameter(prefix + name, shape, shape, initializer, Role.SCALE));
  }

  /** Declares a convolution's bias, stored with zeros behind it up to {@code storedShape}. */
  public Parameter bias(String name, Shape shape, Shape storedShape, Initializer initializer) {
    return declare(new Parameter(prefix + name, shape, storedShape, initializer, Role.BIAS));
  }

  /** Declares a tensor that is kept but not learned. */
  public Buffer buffer(String name, Shape shape, float initial) {
    Buffer buffer = new Buffer(prefix + name, shape, initial);
    if (buffers.put(buffer.name(), buffer) != null) {
      throw new IllegalArgumentException("buffer %s: declared twice".formatted(buffer.name()));
    }
    return buffer;
  }

  private Parameter declare(Parameter parameter) {
    if (parameters.put(parameter.name(), parameter) != null) {
      throw new IllegalArgumentException(
          "parameter %s: declared twice".formatted(parameter.name()));
    }
    return parameter;
  }

  /**
   * Keeps parameters of this scope's model as they are.
   *
   * @param beginnings what their names begin with
   */
  public void freeze(List<String> beginnings) {
    for (Parameter parameter : parameters.values()) {
      if (beginnings.stream().anyMatch(parameter.name()::startsWith)) {
        parameter.freeze();
      }
    }
  }

  /** The number of learned values of this scope's model. */
  public long parameterCount() {
    return parameters.values().stream().mapToLong(parameter -> parameter.shape().size()).sum();
  }

  /** All parameters declared in this scope's model, in order. */
  public List<Parameter> parameters() {
    return new ArrayList<>(parameters.values());
  }

  /** All buffers declared in this scope's model, in order. */
  public List<Buffer> buffers() {
    return new ArrayList<>(buffers.values());
  }
}
