package dev.multibox.onnx;

import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Normalisation.ChannelOrder;
import dev.multibox.onnx.OnnxGraph.Element;
import dev.multibox.tensor.Shape;
import java.util.Arrays;

/** The images that a file takes, {@code [N, 3, H, W]}, and what becomes of them first. */
final class OnnxImage {
  static final String NAME = "image";
  private static final int CHANNELS = 3;

  private final Normalisation normalisation;

  OnnxImage(Normalisation normalisation) {
    this.normalisation = normalisation;
  }

  /** Appends the input; what it returns is as the first convolution sees it. */
  String append(OnnxGraph graph, int height, int width, boolean normalises) {
    String image = graph.batchInput(NAME, Element.FLOAT, CHANNELS, height, width);
    if (!normalises) {
      return image;
    }
    String ordered = image;
    if (normalisation.order() == ChannelOrder.BGR) {
      String order = graph.integers("image.bgr", 2, 1, 0);
      ordered = graph.node("Gather").inputs(image, order).integer("axis", 1).result();
    }
    Shape perChannel = Shape.of(CHANNELS, 1, 1);
    String mean = graph.floats("image.mean", perChannel, mean());
    String scale = graph.floats("image.scale", perChannel, scale());
    String centred = graph.node("Sub").inputs(ordered, mean).result();
    return graph.node("Mul").inputs(centred, scale).result();
  }

  /** The mean of each channel, 0 to 255, in the network's order. */
  float[] mean() {
    return ordered(normalisation.meanRed(), normalisation.meanGreen(), normalisation.meanBlue());
  }

  /** The factor of each channel in the network's order. */
  float[] scale() {
    return ordered(normalisation.scaleRed(), normalisation.scaleGreen(), normalisation.scaleBlue());
  }

  private float[] ordered(float red, float green, float blue) {
    return switch (normalisation.order()) {
      case RGB -> new float[] {red, green, blue};
      case BGR -> new float[] {blue, green, red};
    };
  }

  /** What a user has to give, in a sentence. */
  String explanation(int height, int width, boolean normalises) {
    String size = "%s [N, 3, %d, %d]".formatted(NAME, height, width);
    if (normalises) {
      return size + ": RGB, 0 to 255.";
    }
    return "%s: channels in the order %s, each (v - mean) * scale with v from 0 to 255, mean %s and"
            .formatted(size, normalisation.order(), Arrays.toString(mean()))
        + " scale %s.".formatted(Arrays.toString(scale()));
  }
}
