package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** A convolution with its tensors, the input's channels padded as the backend wants them. */
final class ConvolutionProblem {
  private final Backend backend;
  private final RandomTensors random;
  private final ConvolutionParams params;
  private final Tensor x;
  private final Tensor filter;
  private final Tensor bias;
  private final FixedNorm norm;
  private final Tensor out;
  private final Tensor dx;
  private final Tensor dFilter;

  /** One of {@code N H W C K R stride pad groups}: a square filter of {@code R x R} taps. */
  ConvolutionProblem(Backend backend, RandomTensors random, String numbers, DType type) {
    this.backend = backend;
    this.random = random;
    int[] n = Arrays.stream(numbers.split(" ")).mapToInt(Integer::parseInt).toArray();
    OpBenchmark.require(
        n.length == 9, "shape: was '" + numbers + "', wanted N H W C K R stride pad groups");
    int multiple = backend.channelMultiple();
    int channels = Math.ceilDiv(n[3], multiple) * multiple;
    params = ConvolutionParams.of(n[6], n[7]).withGroups(n[8]);
    x = random.of(Shape.of(n[0], n[1], n[2], channels), type);
    filter = random.of(Shape.of(n[4], n[5], n[5], channels / n[8]), type);
    bias = random.of(Shape.of(n[4]));
    norm = new FixedNorm(bias, bias, bias, bias);
    out = random.of(params.outputShape(x.shape(), filter.shape()), type);
    dx = random.of(x.shape(), type);
    dFilter = random.of(filter.shape(), type);
  }

  /** The larger one of input and output. */
  Tensor largest() {
    return x.bytes() > out.bytes() ? x : out;
  }

  /** What each pass must move: input, filter and output, or the gradients instead of them. */
  long bytes() {
    return x.bytes() + filter.bytes() + out.bytes();
  }

  /** Multiplications and additions of each pass. */
  long flops() {
    return 2 * out.size() * (filter.size() / filter.shape().dim(0));
  }

  void forward() {
    backend.convolution().forward(x, filter, bias, Activation.RELU, params, out);
  }

  void forwardNormalised() {
    backend.convolution().forwardNormalised(x, filter, norm, null, Activation.RELU, params, out);
  }

  void backwardData() {
    backend.convolution().backwardData(out, filter, params, Gradient.overwrite(dx));
  }

  void backwardFilter() {
    backend.convolution().backwardFilter(x, out, params, Gradient.overwrite(dFilter));
  }

  /** What each pass writes, in the order above. */
  List<float[]> results() {
    forward();
    float[] convolved = random.values(out);
    forwardNormalised();
    float[] normalised = random.values(out);
    backwardData();
    backwardFilter();
    return List.of(convolved, normalised, random.values(dx), random.values(dFilter));
  }
}
