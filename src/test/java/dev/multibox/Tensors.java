package dev.multibox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Detections;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Shorthand for tests: tensors from values, layouts turned, results compared. */
public final class Tensors {
  private final Backend backend;
  private final TensorArena arena;

  public Tensors(Backend backend, TensorArena arena) {
    this.backend = backend;
    this.arena = arena;
  }

  /** An F32 tensor of these values. */
  public Tensor floats(Shape shape, float... values) {
    Tensor tensor = arena.allocate(shape, DType.F32);
    backend.upload(values, tensor);
    return tensor;
  }

  /** An I32 tensor of these values. */
  public Tensor ints(Shape shape, int... values) {
    Tensor tensor = arena.allocate(shape, DType.I32);
    backend.upload(values, tensor);
    return tensor;
  }

  /** An F32 tensor full of NaN: what a kernel does not write shows. */
  public Tensor poisoned(Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    java.util.Arrays.fill(values, Float.NaN);
    return floats(shape, values);
  }

  /**
   * Where the detections of a batch go, at most {@code capacity} an image; boxes and scores are
   * poisoned.
   */
  public Detections detections(int batch, int capacity) {
    Shape each = Shape.of(batch, capacity);
    return new Detections(
        poisoned(Shape.of(batch, capacity, 4)),
        poisoned(each),
        allocate(each, DType.I32),
        allocate(Shape.of(batch), DType.I32));
  }

  /** An F32 or F16 tensor of these values, rounded to its type. */
  public Tensor of(DType dtype, Shape shape, float... values) {
    if (dtype == DType.F32) {
      return floats(shape, values);
    }
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = Float.floatToFloat16(values[i]);
    }
    Tensor tensor = arena.allocate(shape, DType.F16);
    backend.upload(MemorySegment.ofArray(halves), tensor);
    return tensor;
  }

  /** The elements of an F32 or F16 tensor. */
  public float[] values(Tensor tensor) {
    if (tensor.dtype() == DType.F32) {
      return backend.floats(tensor);
    }
    short[] halves = new short[Math.toIntExact(tensor.size())];
    backend.download(tensor, MemorySegment.ofArray(halves));
    float[] values = new float[halves.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.float16ToFloat(halves[i]);
    }
    return values;
  }

  /** The bytes of a tensor of any type. */
  public MemorySegment bytes(Tensor tensor) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]);
    backend.download(tensor, bytes);
    return bytes;
  }

  /** Asserts that two tensors of one type have the same bits. */
  public void assertSameBytes(Tensor actual, Tensor expected) {
    assertThat(bytes(actual).mismatch(bytes(expected)))
        .as("first byte of %s that differs", actual)
        .isEqualTo(-1);
  }

  /** The backend the tensors are on. */
  public Backend backend() {
    return backend;
  }

  public Tensor zeros(Shape shape, DType dtype) {
    return arena.zeros(shape, dtype);
  }

  public Tensor allocate(Shape shape, DType dtype) {
    return arena.allocate(shape, dtype);
  }

  /** The nearest value that F16 holds. */
  public static float half(float value) {
    return Float.float16ToFloat(Float.floatToFloat16(value));
  }

  /** Uniform values in [-1, 1). */
  public static float[] random(long seed, long size) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(size)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  /** {@code [N, C, H, W]} values in the order of {@code [N, H, W, C]}. */
  public static float[] nchwToNhwc(float[] values, Shape nchw) {
    return permute(values, nchw, false);
  }

  /** {@code [N, H, W, C]} values in the order of {@code [N, C, H, W]}. */
  public static float[] nhwcToNchw(float[] values, Shape nchw) {
    return permute(values, nchw, true);
  }

  /** The shape {@code [N, H, W, C]} of {@code [N, C, H, W]}. */
  public static Shape nhwc(Shape nchw) {
    return Shape.of(nchw.dim(0), nchw.dim(2), nchw.dim(3), nchw.dim(1));
  }

  private static float[] permute(float[] values, Shape nchw, boolean toNchw) {
    int channels = nchw.intDim(1);
    int pixels = nchw.intDim(2) * nchw.intDim(3);
    float[] result = new float[values.length];
    for (int n = 0; n < nchw.dim(0); n++) {
      for (int c = 0; c < channels; c++) {
        for (int p = 0; p < pixels; p++) {
          int planar = (n * channels + c) * pixels + p;
          int interleaved = (n * pixels + p) * channels + c;
          if (toNchw) {
            result[planar] = values[interleaved];
          } else {
            result[interleaved] = values[planar];
          }
        }
      }
    }
    return result;
  }

  /**
   * Asserts that every element is within {@code tolerance} times the largest magnitude expected
   * (and that magnitude is not zero, so that the comparison means something), or equal, NaN to NaN.
   */
  public static void assertClose(float[] actual, float[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (float value : expected) {
      if (Float.isFinite(value)) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    for (int i = 0; i < expected.length; i++) {
      boolean close = Math.abs((double) actual[i] - expected[i]) <= tolerance * largest;
      if (!close && Float.compare(actual[i], expected[i]) != 0) {
        assertThat((double) actual[i])
            .describedAs("element %d of %d, largest expected %s", i, expected.length, largest)
            .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(tolerance * largest));
      }
    }
  }
}
