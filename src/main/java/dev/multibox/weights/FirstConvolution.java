package dev.multibox.weights;

import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Normalisation.ChannelOrder;

/**
 * Rewrites the first convolution of a network that was trained with one normalisation for images
 * prepared with another: the network then computes the same of the same picture, but for the
 * border, where the padding of zeros stands for the mean.
 *
 * <p>With {@code x = (v - mean) scale} of a colour, theirs is {@code x' = x scale'/scale + (mean -
 * mean') scale'}: a factor for the filter, and a constant for the bias, or for the mean of the norm
 * behind it.
 */
final class FirstConvolution {
  private final Normalisation theirs;
  private final Normalisation ours;

  FirstConvolution(Normalisation theirs, Normalisation ours) {
    this.theirs = theirs;
    this.ours = ours;
  }

  /** Whether there is nothing to do. */
  boolean isSame() {
    return theirs.equals(ours);
  }

  /** Whether the bias changes, so that the convolution needs to have one. */
  boolean needsBias() {
    for (int colour = 0; colour < 3; colour++) {
      if (mean(theirs, colour) != mean(ours, colour)) {
        return true;
      }
    }
    return false;
  }

  /** A filter {@code [K, R, S, 3]} for our images. */
  float[] filter(float[] filter) {
    float[] rewritten = new float[filter.length];
    for (int pixel = 0; pixel < filter.length; pixel += 3) {
      for (int colour = 0; colour < 3; colour++) {
        float factor = scale(theirs, colour) / scale(ours, colour);
        rewritten[pixel + channel(ours, colour)] = filter[pixel + channel(theirs, colour)] * factor;
      }
    }
    return rewritten;
  }

  /**
   * The mean {@code [K]} of a batch norm behind a convolution without bias: a constant that the
   * convolution would add is one that the norm subtracts less.
   */
  float[] mean(float[] filter, float[] mean) {
    float[] constants = bias(filter, new float[mean.length]);
    float[] rewritten = new float[mean.length];
    for (int k = 0; k < mean.length; k++) {
      rewritten[k] = mean[k] - constants[k];
    }
    return rewritten;
  }

  /** The bias {@code [K]} that goes with {@link #filter}, of their filter and bias. */
  float[] bias(float[] filter, float[] bias) {
    float[] rewritten = new float[bias.length];
    int size = filter.length / bias.length;
    for (int k = 0; k < bias.length; k++) {
      double sum = bias[k];
      for (int pixel = k * size; pixel < (k + 1) * size; pixel += 3) {
        for (int colour = 0; colour < 3; colour++) {
          double shift =
              ((double) mean(ours, colour) - mean(theirs, colour)) * scale(theirs, colour);
          sum += filter[pixel + channel(theirs, colour)] * shift;
        }
      }
      rewritten[k] = (float) sum;
    }
    return rewritten;
  }

  /** Where a colour, 0 for red, stands in the network's input. */
  private static int channel(Normalisation normalisation, int colour) {
    return normalisation.order() == ChannelOrder.RGB ? colour : 2 - colour;
  }

  private static float mean(Normalisation normalisation, int colour) {
    return switch (colour) {
      case 0 -> normalisation.meanRed();
      case 1 -> normalisation.meanGreen();
      default -> normalisation.meanBlue();
    };
  }

  private static float scale(Normalisation normalisation, int colour) {
    return switch (colour) {
      case 0 -> normalisation.scaleRed();
      case 1 -> normalisation.scaleGreen();
      default -> normalisation.scaleBlue();
    };
  }
}
