package dev.multibox.onnx;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.nn.BatchNorm;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.GraphBuilder;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.weights.StoredTensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A network's layers as nodes. Feature maps are {@code [N, C, H, W]}, as ONNX has them, and filters
 * {@code [K, C / groups, R, S]}; constants have the names of our parameters, and our bits.
 */
final class OnnxLayers implements GraphBuilder<String> {
  private static final long CHANNEL_AXIS = 1;

  private final OnnxGraph graph;
  private final Map<String, StoredTensor> weights;

  /** Layers whose parameters and buffers are those of the same name in {@code weights}, all F32. */
  OnnxLayers(OnnxGraph graph, Map<String, StoredTensor> weights) {
    this.graph = graph;
    this.weights = weights;
  }

  @Override
  public String convolution(
      String x, Parameter filter, @Nullable Parameter bias, ConvolutionParams params) {
    List<String> inputs = new ArrayList<>(List.of(x, filter(filter)));
    if (bias != null) {
      inputs.add(constant(bias));
    }
    Shape shape = filter.shape();
    return graph
        .node("Conv")
        .of(layer(filter.name()))
        .inputs(inputs.toArray(String[]::new))
        .integers("kernel_shape", shape.dim(1), shape.dim(2))
        .integers("strides", params.strideHeight(), params.strideWidth())
        .integers("pads", bothEnds(params.padHeight(), params.padWidth()))
        .integers("dilations", params.dilationHeight(), params.dilationWidth())
        .integer("group", params.groups())
        .result();
  }

  @Override
  public String batchNorm(String x, BatchNorm norm) {
    return graph
        .node("BatchNormalization")
        .of(layer(norm.gamma().name()))
        .inputs(
            x,
            constant(norm.gamma()),
            constant(norm.beta()),
            constant(norm.runningMean()),
            constant(norm.runningVariance()))
        .decimal("epsilon", norm.epsilon())
        .result();
  }

  @Override
  public String activation(String x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case RELU -> graph.node("Relu").inputs(x).result();
      case RELU6 -> {
        String low = graph.floats(x + ".min", Shape.of(), 0);
        String high = graph.floats(x + ".max", Shape.of(), 6);
        yield graph.node("Clip").inputs(x, low, high).result();
      }
      case HARD_SIGMOID -> hardSigmoid(x);
      case HARD_SWISH -> graph.node("Mul").inputs(x, hardSigmoid(x)).result();
    };
  }

  private String hardSigmoid(String x) {
    return graph
        .node("HardSigmoid")
        .inputs(x)
        .decimal("alpha", 1f / 6)
        .decimal("beta", 0.5f)
        .result();
  }

  @Override
  public String add(String x, String y) {
    return graph.node("Add").inputs(x, y).result();
  }

  @Override
  public String maxPool(String x, PoolingParams params) {
    return graph
        .node("MaxPool")
        .inputs(x)
        .integers("kernel_shape", params.windowHeight(), params.windowWidth())
        .integers("strides", params.strideHeight(), params.strideWidth())
        .integers("pads", bothEnds(params.padHeight(), params.padWidth()))
        .integer("ceil_mode", params.ceilMode() ? 1 : 0)
        .result();
  }

  @Override
  public String globalAverage(String x) {
    return graph.node("GlobalAveragePool").inputs(x).result();
  }

  @Override
  public String scaleChannels(String x, String scale) {
    return graph.node("Mul").inputs(x, scale).result();
  }

  @Override
  public String joinChannels(String x, String y) {
    return graph.node("Concat").inputs(x, y).integer("axis", CHANNEL_AXIS).result();
  }

  @Override
  public String l2Norm(String x, Parameter scale, L2NormKernels.Guard guard, float epsilon) {
    String layer = layer(scale.name());
    String least = graph.floats(layer + ".epsilon", Shape.of(), epsilon);
    String norm =
        switch (guard) {
          case ADD_TO_SQUARES -> {
            String guarded =
                graph.node("Add").inputs(reduced("ReduceSumSquare", layer, x), least).result();
            yield graph.node("Sqrt").inputs(guarded).result();
          }
          case ADD_TO_NORM ->
              graph.node("Add").inputs(reduced("ReduceL2", layer, x), least).result();
          case LARGER_OF -> graph.node("Max").inputs(reduced("ReduceL2", layer, x), least).result();
        };
    String unit = graph.node("Div").of(layer).inputs(x, norm).result();
    StoredTensor factors = tensor(scale.name());
    Shape perChannel = Shape.of(scale.shape().size(), 1, 1);
    String factor = graph.floats(scale.name(), perChannel, factors.data());
    return graph.node("Mul").inputs(unit, factor).result();
  }

  /** A reduction over channels, which stay as an axis of one. */
  private String reduced(String operation, String layer, String x) {
    return graph.node(operation).of(layer).inputs(x).integers("axes", CHANNEL_AXIS).result();
  }

  private static long[] bothEnds(long height, long width) {
    return new long[] {height, width, height, width};
  }

  /** A filter {@code [K, R, S, C]} as {@code [K, C, R, S]}. */
  private String filter(Parameter parameter) {
    Shape krsc = parameter.shape();
    int taps = krsc.intDim(1) * krsc.intDim(2);
    int channels = krsc.intDim(3);
    float[] from = tensor(parameter.name()).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    float[] to = new float[from.length];
    for (int k = 0; k < krsc.dim(0); k++) {
      int first = k * taps * channels;
      for (int tap = 0; tap < taps; tap++) {
        for (int c = 0; c < channels; c++) {
          to[first + c * taps + tap] = from[first + tap * channels + c];
        }
      }
    }
    Shape kcrs = Shape.of(krsc.dim(0), channels, krsc.dim(1), krsc.dim(2));
    return graph.floats(parameter.name(), kcrs, StoredTensor.of(kcrs, to).data());
  }

  private String constant(Parameter parameter) {
    return constant(parameter.name(), parameter.shape());
  }

  private String constant(Buffer buffer) {
    return constant(buffer.name(), buffer.shape());
  }

  private String constant(String name, Shape shape) {
    return graph.floats(name, shape, tensor(name).data());
  }

  private StoredTensor tensor(String name) {
    return Objects.requireNonNull(weights.get(name), name);
  }

  /** What the names of a layer's parameters begin with. */
  private static String layer(String parameter) {
    return parameter.substring(0, parameter.lastIndexOf('.'));
  }
}
