package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.SplittableRandom;

/** The tensors of a benchmark, filled with random values of about unit size. */
final class RandomTensors {
  private final Backend backend;
  private final TensorArena arena;
  private final SplittableRandom random = new SplittableRandom(1);

  RandomTensors(Backend backend, TensorArena arena) {
    this.backend = backend;
    this.arena = arena;
  }

  /** The shape that a benchmark's parameter such as {@code 16x48x48x32} names. */
  static Shape shape(String extents) {
    String[] parts = extents.split("x", -1);
    long[] dims = new long[parts.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Long.parseLong(parts[i]);
    }
    return Shape.of(dims);
  }

  /** Values in [-1, 1) in F32. */
  Tensor of(Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return of(shape, values, DType.F32);
  }

  /** The same; F16 is rounded from what F32 would be. */
  Tensor of(Shape shape, DType type) {
    return rounded(of(shape), type);
  }

  /** These values in F32 or F16. */
  Tensor of(Shape shape, float[] values, DType type) {
    Tensor floats = arena.allocate(shape, DType.F32);
    backend.upload(values, floats);
    return rounded(floats, type);
  }

  private Tensor rounded(Tensor floats, DType type) {
    if (type == DType.F32) {
      return floats;
    }
    Tensor rounded = arena.allocate(floats.shape(), type);
    backend.convert().convert(floats, rounded);
    return rounded;
  }

  /** The elements of an F32 or F16 tensor. */
  float[] values(Tensor tensor) {
    Tensor floats = arena.allocate(tensor.shape(), DType.F32);
    backend.convert().convert(tensor, floats);
    return backend.floats(floats);
  }

  /** The first of them. */
  float first(Tensor tensor) {
    return values(tensor)[0];
  }
}
