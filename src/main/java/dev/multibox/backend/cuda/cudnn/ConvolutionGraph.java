package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A {@link ConvolutionCall} as cuDNN's operation graph: the convolution, behind it the bias, and
 * behind that the activation, with virtual tensors between them that are never in memory.
 *
 * <p>cuDNN counts dimensions as N, C, H, W whatever the layout; strides make it NHWC.
 */
final class ConvolutionGraph implements AutoCloseable {
  /** The numbers by which the tensors are given memory. */
  static final long X = 'x';

  static final long W = 'w';
  static final long Y = 'y';
  static final long BIAS = 'b';

  private static final long CONVOLVED = 'c';
  private static final long BIASED = 'd';

  /** {@code CUDNN_CROSS_CORRELATION}, {@code CUDNN_POINTWISE_ADD}, {@code ..._RELU_FWD}. */
  private static final long CROSS_CORRELATION = 1;

  private static final long POINTWISE_ADD = 0;
  private static final long POINTWISE_RELU = 100;

  private static final long DATA_FLOAT = 0;
  private static final long DATA_HALF = 2;

  /** What tensors are aligned to at least: what a thread of the fastest kernels reads at once. */
  static final long ALIGNMENT = 16;

  private final CudnnApi api;
  private final ConvolutionCall call;
  private final List<Descriptor> made = new ArrayList<>();
  private final List<Descriptor> operations = new ArrayList<>();
  private final Descriptor graph;

  /**
   * Builds and finalises it.
   *
   * @param handle of cuDNN, or 0 for a graph that is planned for a described device
   * @throws dev.multibox.backend.cuda.driver.CudnnException if cuDNN refuses
   */
  ConvolutionGraph(CudnnApi api, ConvolutionCall call, long handle) {
    this.api = api;
    this.call = call;
    boolean complete = false;
    try {
      addOperations();
      Descriptor made = make(DescriptorType.OPERATION_GRAPH);
      made.set(Attribute.GRAPH_OPERATIONS, operations.toArray(Descriptor[]::new));
      if (handle != 0) {
        made.set(Attribute.GRAPH_HANDLE, handle);
      }
      graph = made.finish();
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  Descriptor descriptor() {
    return graph;
  }

  private Descriptor make(DescriptorType type) {
    Descriptor descriptor = Descriptor.of(api, type);
    made.add(descriptor);
    return descriptor;
  }

  private void addOperations() {
    Descriptor x = tensor(X, call.x(), false);
    Descriptor w = tensor(W, call.filter(), false);
    Shape out = call.out();
    Descriptor y = tensor(Y, out, false);
    if (!call.bias()) {
      addConvolution(x, w, y);
      return;
    }
    Descriptor convolved = tensor(CONVOLVED, out, true);
    addConvolution(x, w, convolved);
    Descriptor bias = tensor(BIAS, Shape.of(1, 1, 1, out.dim(3)), false);
    boolean activates = call.activation() == Activation.RELU;
    if (!activates && call.activation() != Activation.NONE) {
      throw new IllegalArgumentException("%s: only ReLU is done along".formatted(call.label()));
    }
    Descriptor biased = activates ? tensor(BIASED, out, true) : y;
    operations.add(
        make(DescriptorType.POINTWISE_OPERATION)
            .set(Attribute.POINTWISE_OPERATION_MODE, pointwise(POINTWISE_ADD))
            .set(Attribute.POINTWISE_OPERATION_X, convolved)
            .set(Attribute.POINTWISE_OPERATION_B, bias)
            .set(Attribute.POINTWISE_OPERATION_Y, biased)
            .finish());
    if (activates) {
      operations.add(
          make(DescriptorType.POINTWISE_OPERATION)
              .set(Attribute.POINTWISE_OPERATION_MODE, pointwise(POINTWISE_RELU))
              .set(Attribute.POINTWISE_OPERATION_X, biased)
              .set(Attribute.POINTWISE_OPERATION_Y, y)
              .finish());
    }
  }

  private Descriptor pointwise(long mode) {
    return make(DescriptorType.POINTWISE)
        .set(Attribute.POINTWISE_MODE, mode)
        .set(Attribute.POINTWISE_MATH, DATA_FLOAT)
        .finish();
  }

  /** {@code shape} is {@code [N, H, W, C]}, or for the filter {@code [K, R, S, C / groups]}. */
  private Descriptor tensor(long uid, Shape shape, boolean virtual) {
    long n = shape.dim(0);
    long h = shape.dim(1);
    long w = shape.dim(2);
    long c = shape.dim(3);
    // What is between two operations is held in F32 and never rounded.
    boolean half = call.type() == DType.F16 && !virtual;
    return make(DescriptorType.TENSOR)
        .set(Attribute.TENSOR_DATA_TYPE, half ? DATA_HALF : DATA_FLOAT)
        .set(Attribute.TENSOR_DIMENSIONS, n, c, h, w)
        .set(Attribute.TENSOR_STRIDES, h * w * c, 1, w * c, c)
        .set(Attribute.TENSOR_UID, uid)
        .set(Attribute.TENSOR_ALIGNMENT, ALIGNMENT)
        .set(Attribute.TENSOR_IS_VIRTUAL, virtual ? 1 : 0)
        .finish();
  }

  /** The convolution, with {@code y} its result forward and its input backward. */
  private void addConvolution(Descriptor x, Descriptor w, Descriptor y) {
    Roles roles = Roles.of(call.pass());
    operations.add(
        make(roles.type)
            .set(roles.convolution, settings())
            .set(roles.x, x)
            .set(roles.w, w)
            .set(roles.y, y)
            .setReal(roles.alpha, 1)
            .setReal(roles.beta, call.accumulate() == Accumulate.ADD ? 1 : 0)
            .finish());
  }

  private Descriptor settings() {
    ConvolutionParams params = call.params();
    return make(DescriptorType.CONVOLUTION)
        .set(Attribute.CONVOLUTION_SPATIAL_DIMS, 2)
        .set(Attribute.CONVOLUTION_MATH, DATA_FLOAT)
        .set(Attribute.CONVOLUTION_MODE, CROSS_CORRELATION)
        .set(Attribute.CONVOLUTION_STRIDES, params.strideHeight(), params.strideWidth())
        .set(Attribute.CONVOLUTION_PRE_PADDINGS, params.padHeight(), params.padWidth())
        .set(Attribute.CONVOLUTION_POST_PADDINGS, params.padHeight(), params.padWidth())
        .set(Attribute.CONVOLUTION_DILATIONS, params.dilationHeight(), params.dilationWidth())
        .finish();
  }

  /** How each direction calls the same three tensors. */
  private enum Roles {
    FORWARD(
        DescriptorType.CONVOLUTION_FORWARD,
        Attribute.FORWARD_CONVOLUTION,
        Attribute.FORWARD_X,
        Attribute.FORWARD_W,
        Attribute.FORWARD_Y,
        Attribute.FORWARD_ALPHA,
        Attribute.FORWARD_BETA),
    BACKWARD_DATA(
        DescriptorType.CONVOLUTION_BACKWARD_DATA,
        Attribute.BACKWARD_DATA_CONVOLUTION,
        Attribute.BACKWARD_DATA_DX,
        Attribute.BACKWARD_DATA_W,
        Attribute.BACKWARD_DATA_DY,
        Attribute.BACKWARD_DATA_ALPHA,
        Attribute.BACKWARD_DATA_BETA),
    BACKWARD_FILTER(
        DescriptorType.CONVOLUTION_BACKWARD_FILTER,
        Attribute.BACKWARD_FILTER_CONVOLUTION,
        Attribute.BACKWARD_FILTER_X,
        Attribute.BACKWARD_FILTER_DW,
        Attribute.BACKWARD_FILTER_DY,
        Attribute.BACKWARD_FILTER_ALPHA,
        Attribute.BACKWARD_FILTER_BETA);

    private final DescriptorType type;
    private final Attribute convolution;
    private final Attribute x;
    private final Attribute w;
    private final Attribute y;
    private final Attribute alpha;
    private final Attribute beta;

    Roles(
        DescriptorType type,
        Attribute convolution,
        Attribute x,
        Attribute w,
        Attribute y,
        Attribute alpha,
        Attribute beta) {
      this.type = type;
      this.convolution = convolution;
      this.x = x;
      this.w = w;
      this.y = y;
      this.alpha = alpha;
      this.beta = beta;
    }

    static Roles of(Pass pass) {
      return switch (pass) {
        // Nothing of a batch norm is done along: it is a kernel of ours.
        case FORWARD, FORWARD_NORMALISED -> FORWARD;
        case BACKWARD_DATA -> BACKWARD_DATA;
        case BACKWARD_FILTER -> BACKWARD_FILTER;
      };
    }
  }

  @Override
  public void close() {
    made.reversed().forEach(Descriptor::close);
    made.clear();
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "graph of %s", call);
  }
}
