package dev.multibox.train;

import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Normalisation.ChannelOrder;
import dev.multibox.data.PixelBuffer;
import dev.multibox.tensor.Shape;

/** Turns a network's input back into a picture: {@code v = x / scale[c] + mean[c]}, rounded. */
final class SeenPixels {
  private SeenPixels() {}

  /**
   * The picture of one image.
   *
   * @param values {@code [1, H, W, C]}
   */
  static PixelBuffer of(float[] values, Shape shape, Normalisation normalisation) {
    int height = shape.intDim(1);
    int width = shape.intDim(2);
    int channels = shape.intDim(3);
    float[] means = {normalisation.meanRed(), normalisation.meanGreen(), normalisation.meanBlue()};
    float[] scales = {
      normalisation.scaleRed(), normalisation.scaleGreen(), normalisation.scaleBlue()
    };
    byte[] rgb = new byte[height * width * 3];
    for (int i = 0; i < height * width; i++) {
      for (int c = 0; c < 3; c++) {
        int at = normalisation.order() == ChannelOrder.BGR ? 2 - c : c;
        float value = values[i * channels + at] / scales[c] + means[c];
        rgb[3 * i + c] = (byte) Math.clamp(Math.round(value), 0, 255);
      }
    }
    return new PixelBuffer(width, height, rgb);
  }
}
