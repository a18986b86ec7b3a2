package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Conversion between element types. */
@SuppressWarnings("NullAway.Init")
public class ConvertBenchmark extends OpBenchmark {
  private static final byte SEVEN = 7;

  /** How many: those of ssd-tiny, then of SSD300-VGG16. */
  @Param({"1000000", "26285486"})
  private int elements;

  @Param({"F32", "F16", "I32", "U8"})
  private DType from = DType.F32;

  @Param({"F32", "F16"})
  private DType to = DType.F16;

  private ConvertKernels kernels;
  private Tensor x;
  private Tensor out;

  @Override
  Tensor setUp() {
    kernels = backend().convert();
    x = sevens();
    out = arena().zeros(x.shape(), to);
    kernels.convert(x, out);
    require(random().first(out) == SEVEN, "convert: the first value is another");
    return x.bytes() > out.bytes() ? x : out;
  }

  private Tensor sevens() {
    Shape shape = Shape.of(elements);
    if (from == DType.U8) {
      byte[] bytes = new byte[elements];
      Arrays.fill(bytes, SEVEN);
      return uploaded(shape, MemorySegment.ofArray(bytes));
    }
    if (from == DType.I32) {
      int[] ints = new int[elements];
      Arrays.fill(ints, SEVEN);
      return uploaded(shape, MemorySegment.ofArray(ints));
    }
    float[] floats = new float[elements];
    Arrays.fill(floats, SEVEN);
    return random().of(shape, floats, from);
  }

  private Tensor uploaded(Shape shape, MemorySegment values) {
    Tensor uploaded = arena().allocate(shape, from);
    backend().upload(values, uploaded);
    return uploaded;
  }

  @Benchmark
  public void convert(Traffic traffic) {
    time(traffic, x.bytes() + out.bytes(), () -> kernels.convert(x, out));
  }
}
