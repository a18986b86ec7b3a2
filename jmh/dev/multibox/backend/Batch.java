package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.SplittableRandom;

/** The tensors of a benchmark, filled with random values of about unit size. */
final class Batch {
  private final Backend backend;
  private final TensorArena arena;
  private final SplittableRandom random = new SplittableRandom(1);

  Batch(Backend backend, TensorArena arena) {
    this.backend = backend;
    this.arena = arena;
  }

  /** The shape that a benchmark parameter such as {@code 16x48x48x32} names. */
  static Shape shape(String extents) {
    String[] parts = extents.split("x", -1);
    long[] dims = new long[parts.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Long.parseLong(parts[i]);
    }
    return Shape.of(dims);
  }

  /** F16 is rounded from what F32 would be. */
  Tensor random(Shape shape, DType type) {
    Tensor floats = random(shape);
    if (type == DType.F32) {
      return floats;
    }
    Tensor rounded = arena.allocate(shape, type);
    backend.convert().convert(floats, rounded);
    return rounded;
  }

  /** The first element of an F32 or F16 tensor. */
  float first(Tensor tensor) {
    Tensor floats = arena.allocate(tensor.shape(), DType.F32);
    backend.convert().convert(tensor, floats);
    return backend.floats(floats)[0];
  }

  Tensor random(Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    Tensor tensor = arena.allocate(shape, DType.F32);
    backend.upload(values, tensor);
    return tensor;
  }

  Tensor bytes(Shape shape) {
    return arena.zeros(shape, DType.U8);
  }
}
