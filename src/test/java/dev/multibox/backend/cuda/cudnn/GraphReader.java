package dev.multibox.backend.cuda.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Reads back from cuDNN's finalised descriptors which convolution they say: dimensions, strides,
 * paddings and the numbers of tensors. Refuses what is not NHWC.
 *
 * <p>Which descriptors an operation was given is told by who gave them: cuDNN answers with copies
 * in a form of its own; and so is what a pointwise operation does, which cuDNN does not answer.
 */
final class GraphReader {
  /** A convolution, and the numbers by which its tensors are given memory; 0 for no bias. */
  record Meaning(ConvolutionCall call, long x, long w, long y, long bias) {}

  /** A tensor as {@code [N, H, W, C]}. */
  private record View(long uid, Shape shape, DType dtype, boolean virtual) {}

  /** The descriptor, or the number, that a descriptor was given under an attribute. */
  @FunctionalInterface
  interface Links {
    long given(long descriptor, int attribute);
  }

  private final CudnnApi api;
  private final Links links;

  GraphReader(CudnnApi api, Links links) {
    this.api = api;
    this.links = links;
  }

  /**
   * @param types of the operations, in their order
   * @param operations the operations, finalised
   */
  Meaning read(List<Integer> types, List<Long> operations) {
    long convolution = operations.getFirst();
    Pass pass = pass(types.getFirst());
    int base =
        switch (pass) {
          case FORWARD, FORWARD_NORMALISED -> Attribute.FORWARD_ALPHA.code();
          case BACKWARD_DATA -> Attribute.BACKWARD_DATA_ALPHA.code();
          case BACKWARD_FILTER -> Attribute.BACKWARD_FILTER_ALPHA.code();
        };
    // The six attributes of each pass follow each other: alpha, beta, convolution, tensors.
    require(real(convolution, base) == 1, "alpha was not 1");
    float beta = real(convolution, base + 1);
    require(beta == 0 || beta == 1, "beta was " + beta);
    View x =
        view(
            convolution,
            pass == Pass.BACKWARD_DATA
                ? Attribute.BACKWARD_DATA_DX
                : pass == Pass.FORWARD ? Attribute.FORWARD_X : Attribute.BACKWARD_FILTER_X);
    View w =
        view(
            convolution,
            pass == Pass.BACKWARD_DATA
                ? Attribute.BACKWARD_DATA_W
                : pass == Pass.FORWARD ? Attribute.FORWARD_W : Attribute.BACKWARD_FILTER_DW);
    View y =
        view(
            convolution,
            pass == Pass.BACKWARD_DATA
                ? Attribute.BACKWARD_DATA_DY
                : pass == Pass.FORWARD ? Attribute.FORWARD_Y : Attribute.BACKWARD_FILTER_DY);
    int groups = Math.toIntExact(x.shape.dim(3) / w.shape.dim(3));
    ConvolutionParams params = params(convolution, base + 2, groups);
    require(params.outputShape(x.shape, w.shape).equals(y.shape), "y was " + y.shape);
    Accumulate accumulate = beta == 1 ? Accumulate.ADD : Accumulate.OVERWRITE;
    ConvolutionCall call =
        ConvolutionCall.plain(pass, x.dtype, x.shape, w.shape, params).with(accumulate);
    return withEpilogue(call, x, w, y, operations);
  }

  private Meaning withEpilogue(
      ConvolutionCall call, View x, View w, View y, List<Long> operations) {
    if (operations.size() == 1) {
      require(!y.virtual, "the result is virtual");
      return new Meaning(call, x.uid, w.uid, y.uid, 0);
    }
    long add = operations.get(1);
    require(mode(add) == 0, "the second operation is no addition");
    require(view(add, Attribute.POINTWISE_OPERATION_X).uid == y.uid, "the addition is of another");
    View bias = view(add, Attribute.POINTWISE_OPERATION_B);
    require(bias.shape.equals(Shape.of(1, 1, 1, y.shape.dim(3))), "bias was " + bias.shape);
    require(bias.dtype == x.dtype, "bias was " + bias.dtype);
    View out = view(add, Attribute.POINTWISE_OPERATION_Y);
    Activation activation = Activation.NONE;
    if (operations.size() == 3) {
      long relu = operations.get(2);
      require(mode(relu) == 100, "the third operation is no ReLU");
      require(view(relu, Attribute.POINTWISE_OPERATION_X).uid == out.uid, "the ReLU is of another");
      out = view(relu, Attribute.POINTWISE_OPERATION_Y);
      activation = Activation.RELU;
    }
    require(y.virtual && !out.virtual, "what is between is in memory");
    require(out.shape.equals(y.shape) && out.dtype == x.dtype, "out was " + out);
    return new Meaning(call.withBias(activation), x.uid, w.uid, out.uid, bias.uid);
  }

  private static Pass pass(int type) {
    if (type == DescriptorType.CONVOLUTION_FORWARD.code()) {
      return Pass.FORWARD;
    }
    return type == DescriptorType.CONVOLUTION_BACKWARD_DATA.code()
        ? Pass.BACKWARD_DATA
        : Pass.BACKWARD_FILTER;
  }

  private ConvolutionParams params(long operation, int attribute, int groups) {
    long settings = links.given(operation, attribute);
    long[] strides = numbers(settings, Attribute.CONVOLUTION_STRIDES, 2);
    long[] before = numbers(settings, Attribute.CONVOLUTION_PRE_PADDINGS, 2);
    long[] after = numbers(settings, Attribute.CONVOLUTION_POST_PADDINGS, 2);
    long[] dilations = numbers(settings, Attribute.CONVOLUTION_DILATIONS, 2);
    require(Arrays.equals(before, after), "paddings differ");
    require(numbers(settings, Attribute.CONVOLUTION_MODE, 1)[0] == 1, "no cross-correlation");
    require(numbers(settings, Attribute.CONVOLUTION_MATH, 1)[0] == 0, "not summed in F32");
    return new ConvolutionParams(
        (int) strides[0],
        (int) strides[1],
        (int) before[0],
        (int) before[1],
        (int) dilations[0],
        (int) dilations[1],
        groups);
  }

  private View view(long operation, Attribute attribute) {
    long tensor = links.given(operation, attribute.code());
    long[] dims = numbers(tensor, Attribute.TENSOR_DIMENSIONS, 4); // N, C, H, W
    long[] strides = numbers(tensor, Attribute.TENSOR_STRIDES, 4);
    long[] wanted = {dims[1] * dims[2] * dims[3], 1, dims[1] * dims[3], dims[1]};
    require(Arrays.equals(strides, wanted), "strides were " + Arrays.toString(strides));
    long type = numbers(tensor, Attribute.TENSOR_DATA_TYPE, 1)[0];
    return new View(
        numbers(tensor, Attribute.TENSOR_UID, 1)[0],
        Shape.of(dims[0], dims[2], dims[3], dims[1]),
        type == 2 ? DType.F16 : DType.F32,
        numbers(tensor, Attribute.TENSOR_IS_VIRTUAL, 1)[0] != 0);
  }

  private long mode(long operation) {
    long pointwise = links.given(operation, Attribute.POINTWISE_OPERATION_MODE.code());
    require(links.given(pointwise, Attribute.POINTWISE_MATH.code()) == 0, "not computed in F32");
    return links.given(pointwise, Attribute.POINTWISE_MODE.code());
  }

  private long[] numbers(long descriptor, Attribute attribute, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_LONG, count);
      // Asked for the mode of a convolution, cuDNN 9 wants the type of a data type.
      ValueType type =
          attribute == Attribute.CONVOLUTION_MODE ? ValueType.DATA_TYPE : attribute.type();
      api.get(descriptor, attribute.code(), type.code(), count, values);
      long[] numbers = new long[count];
      for (int i = 0; i < count; i++) {
        numbers[i] =
            switch (attribute.type().bytes()) {
              case 1 -> values.getAtIndex(JAVA_BYTE, i);
              case 4 -> values.getAtIndex(JAVA_INT, i);
              default -> values.getAtIndex(JAVA_LONG, i);
            };
      }
      return numbers;
    }
  }

  private float real(long operation, int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_FLOAT);
      api.get(operation, attribute, ValueType.FLOAT.code(), 1, value);
      return value.get(JAVA_FLOAT, 0);
    }
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException("graph: " + what);
    }
  }
}
