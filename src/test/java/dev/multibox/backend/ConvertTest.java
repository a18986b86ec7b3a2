package dev.multibox.backend;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

class ConvertTest {
  private static final int[] SIZES = {0, 1, 31, 32, 33, 257, 8732, 70_001};
  private static final float INF = Float.POSITIVE_INFINITY;

  @BackendSource
  void roundsToTheNearestHalfAndOverflowsToInfinity(Backend backend) {
    float[] values = {
      0, -0f, 1, -2.5f, 2049, 2051, 65504, 65519, 65520, -1e6f, 6e-8f, 1e-8f, INF, Float.NaN
    };
    // 2049 and 2051 lie halfway and go to the even neighbour; 6e-8 is the smallest subnormal.
    float[] expected = {
      0, -0f, 1, -2.5f, 2048, 2052, 65504, 65504, INF, -INF, 0x1p-24f, 0, INF, Float.NaN
    };
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(values.length);
      Tensor halves = tensors.allocate(shape, DType.F16);
      backend.convert().convert(tensors.floats(shape, values), halves);
      Tensor back = tensors.poisoned(shape);
      backend.convert().convert(halves, back);
      assertThat(backend.floats(back)).containsExactly(expected);
    }
  }

  @BackendSource
  void everyHalfSurvivesTheWayToFloatAndBack(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      short[] bits = new short[1 << 16];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = (short) i;
      }
      Shape shape = Shape.of(bits.length);
      Tensor halves = tensors.allocate(shape, DType.F16);
      backend.upload(MemorySegment.ofArray(bits), halves);
      Tensor floats = tensors.poisoned(shape);
      backend.convert().convert(halves, floats);
      Tensor back = tensors.zeros(shape, DType.F16);
      backend.convert().convert(floats, back);
      byte[] bytes = new byte[2 * bits.length];
      backend.download(back, MemorySegment.ofArray(bytes));
      short[] result = MemorySegment.ofArray(bytes).toArray(JAVA_SHORT.withByteAlignment(1));
      for (int i = 0; i < bits.length; i++) {
        float value = Float.float16ToFloat(bits[i]);
        assertThat(Float.compare(Float.float16ToFloat(result[i]), value)).isZero();
      }
    }
  }

  @BackendSource
  void widensIntegersAndBytes(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      for (int size : SIZES) {
        Shape shape = Shape.of(size);
        int[] ints = new int[size];
        byte[] bytes = new byte[size];
        float[] fromInts = new float[size];
        float[] fromBytes = new float[size];
        for (int i = 0; i < size; i++) {
          ints[i] = (i - size / 2) * 3;
          fromInts[i] = ints[i];
          bytes[i] = (byte) i;
          fromBytes[i] = i & 0xff;
        }
        Tensor out = tensors.poisoned(shape);
        backend.convert().convert(tensors.ints(shape, ints), out);
        assertThat(Arrays.mismatch(backend.floats(out), fromInts)).isEqualTo(-1);

        Tensor pixels = tensors.allocate(shape, DType.U8);
        backend.upload(MemorySegment.ofArray(bytes), pixels);
        Tensor halves = tensors.allocate(shape, DType.F16);
        backend.convert().convert(pixels, halves);
        backend.convert().convert(halves, out);
        assertThat(Arrays.mismatch(backend.floats(out), fromBytes)).isEqualTo(-1);
      }
    }
  }

  @BackendSource
  void largeIntegersRoundOnceOrOverflow(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(4);
      Tensor ints = tensors.ints(shape, 2049, -2051, 16_777_217, Integer.MIN_VALUE);
      Tensor halves = tensors.allocate(shape, DType.F16);
      backend.convert().convert(ints, halves);
      Tensor out = tensors.poisoned(shape);
      backend.convert().convert(halves, out);
      assertThat(backend.floats(out)).containsExactly(2048, -2052, INF, -INF);
    }
  }

  @BackendSource
  void equalTypesCopyBitForBit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int[] ints = new int[70_001];
      for (int i = 0; i < ints.length; i++) {
        ints[i] = i * 0x9e3779b9;
      }
      Tensor x = tensors.ints(Shape.of(ints.length), ints);
      Tensor out = tensors.zeros(x.shape(), DType.I32);
      backend.convert().convert(x, out);
      assertThat(Arrays.mismatch(backend.ints(out), ints)).isEqualTo(-1);
    }
  }

  @BackendSource
  void refusesConversionsThatLoseValues(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(2));
      Tensor ints = tensors.ints(Shape.of(2), 1, 2);
      assertThatThrownBy(() -> backend.convert().convert(x, ints))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("convert: out was [2] I32 for x [2] F32, wanted F32, F16 or the same type");
    }
  }
}
