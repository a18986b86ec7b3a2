package dev.multibox.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withPrecision;

import ai.onnxruntime.OrtException;
import dev.multibox.Tensors;
import dev.multibox.backend.Activation;
import dev.multibox.onnx.OnnxGraph.Element;
import dev.multibox.tensor.Shape;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Ops by themselves, against values worked out here; whole layers are in {@link OnnxFileTest}. */
class OnnxLayersTest {
  /** Two images of three channels, four pixels each. */
  private static final Shape SHAPE = Shape.of(2, 3, 2, 2);

  private static final int PIXELS = 4;
  private static final float[] X = Tensors.random(1, SHAPE.size());

  private static float[] run(
      BiFunction<OnnxLayers, String, String> op, long channels, long height, long width)
      throws OrtException {
    OnnxGraph graph = new OnnxGraph("op");
    String x = graph.batchInput("x", Element.FLOAT, 3, 2, 2);
    String y = op.apply(new OnnxLayers(graph, Map.of()), x);
    graph.batchOutput(y, Element.FLOAT, channels, height, width);
    try (OnnxRun run = OnnxRun.of(OnnxFile.model(graph).bytes())) {
      return run.run(Map.of("x", new OnnxRun.Input(SHAPE, X))).floats(y);
    }
  }

  private static float[] means() {
    float[] means = new float[X.length / PIXELS];
    for (int i = 0; i < X.length; i++) {
      means[i / PIXELS] += X[i] / PIXELS;
    }
    return means;
  }

  @Test
  void averagesImagesChannelByChannel() throws OrtException {
    assertThat(run(OnnxLayers::globalAverage, 3, 1, 1))
        .containsExactly(means(), withPrecision(1e-6f));
  }

  @Test
  void scalesChannels() throws OrtException {
    float[] expected = X.clone();
    for (int i = 0; i < X.length; i++) {
      expected[i] *= means()[i / PIXELS];
    }
    assertThat(run((ops, x) -> ops.scaleChannels(x, ops.globalAverage(x)), 3, 2, 2))
        .containsExactly(expected, withPrecision(1e-6f));
  }

  @Test
  void putsChannelsOneBehindTheOther() throws OrtException {
    float[] joined = run((ops, x) -> ops.joinChannels(x, ops.add(x, x)), 6, 2, 2);
    int image = X.length / 2;
    for (int i = 0; i < X.length; i++) {
      int at = i / image * 2 * image + i % image;
      assertThat(joined[at]).isEqualTo(X[i]);
      assertThat(joined[at + image]).isEqualTo(2 * X[i]);
    }
  }

  @Test
  void cutsOffAtSix() throws OrtException {
    float[] twice = run((ops, x) -> ops.activation(times64(ops, x), Activation.RELU6), 3, 2, 2);
    for (int i = 0; i < X.length; i++) {
      assertThat(twice[i]).isEqualTo(Math.clamp(64 * X[i], 0f, 6f));
    }
  }

  private static String times64(OnnxLayers ops, String x) {
    String y = x;
    for (int doubling = 0; doubling < 6; doubling++) {
      y = ops.add(y, y);
    }
    return y;
  }
}
