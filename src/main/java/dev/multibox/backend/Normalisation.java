package dev.multibox.backend;

/**
 * How 8-bit pixels become the first convolution's input: {@code (v - mean[c]) scale[c]} on 0 to
 * 255, and in which order the channels go.
 *
 * @param meanRed mean of the red channel, 0 to 255
 * @param meanGreen mean of the green channel, 0 to 255
 * @param meanBlue mean of the blue channel, 0 to 255
 * @param scaleRed factor of the red channel
 * @param scaleGreen factor of the green channel
 * @param scaleBlue factor of the blue channel
 * @param order the order of the channels in the input
 */
public record Normalisation(
    float meanRed,
    float meanGreen,
    float meanBlue,
    float scaleRed,
    float scaleGreen,
    float scaleBlue,
    ChannelOrder order) {

  /** The order of the channels in the network's input. */
  public enum ChannelOrder {
    RGB,
    /** OpenCV's order, which Caffe's models expect. */
    BGR
  }

  /** Values as they are. */
  public static Normalisation none() {
    return new Normalisation(0, 0, 0, 1, 1, 1, ChannelOrder.RGB);
  }

  /** Caffe's VGG: BGR minus (104, 117, 123), no division (spec of SSD's release, mean_value). */
  public static Normalisation caffe() {
    return new Normalisation(123, 117, 104, 1, 1, 1, ChannelOrder.BGR);
  }

  /** ssd.pytorch: Caffe's mean, but RGB. */
  public static Normalisation ssdPyTorch() {
    return new Normalisation(123, 117, 104, 1, 1, 1, ChannelOrder.RGB);
  }

  /** torchvision's SSD300: RGB in 0 to 1 less (0.48235, 0.45882, 0.40784), times 255. */
  public static Normalisation torchvisionSsd() {
    return new Normalisation(
        255 * 0.48235f, 255 * 0.45882f, 255 * 0.40784f, 1, 1, 1, ChannelOrder.RGB);
  }

  /** torchvision's SSDlite: RGB from -1 to 1. */
  public static Normalisation torchvisionSsdLite() {
    float half = 127.5f;
    return new Normalisation(half, half, half, 1 / half, 1 / half, 1 / half, ChannelOrder.RGB);
  }

  /** ImageNet's mean and deviation on RGB: (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225). */
  public static Normalisation imageNet() {
    return new Normalisation(
        255 * 0.485f,
        255 * 0.456f,
        255 * 0.406f,
        1 / (255 * 0.229f),
        1 / (255 * 0.224f),
        1 / (255 * 0.225f),
        ChannelOrder.RGB);
  }
}
