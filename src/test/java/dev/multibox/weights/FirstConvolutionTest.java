package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.Tensors;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Normalisation.ChannelOrder;
import org.junit.jupiter.api.Test;

class FirstConvolutionTest {
  private static final int FILTERS = 4;
  private static final int PIXELS = 9;

  /** Sums of 27 products, some a hundred times the rest, in float32. */
  private static final float TOLERANCE = 1e-3f;

  @Test
  void computesTheSameOfTheSamePicture() {
    assertSame(Normalisation.imageNet(), Normalisation.torchvisionSsd());
    assertSame(Normalisation.ssdPyTorch(), Normalisation.caffe());
    assertSame(Normalisation.imageNet(), Normalisation.caffe());
  }

  private static void assertSame(Normalisation theirs, Normalisation ours) {
    float[] filter = Tensors.random(1, FILTERS * PIXELS * 3);
    float[] bias = Tensors.random(2, FILTERS);
    float[] picture = Tensors.random(3, PIXELS * 3);
    for (int i = 0; i < picture.length; i++) {
      picture[i] = 127 + 100 * picture[i];
    }
    FirstConvolution convolution = new FirstConvolution(theirs, ours);
    float[] wanted = convolve(filter, bias, input(theirs, picture));
    float[] found =
        convolve(convolution.filter(filter), convolution.bias(filter, bias), input(ours, picture));
    for (int k = 0; k < FILTERS; k++) {
      assertThat(found[k]).isCloseTo(wanted[k], within(TOLERANCE * (1 + Math.abs(wanted[k]))));
    }
    assertThat(wanted).doesNotContain(0);
  }

  /** An RGB picture as a network with this normalisation takes it. */
  private static float[] input(Normalisation norm, float[] picture) {
    float[] means = {norm.meanRed(), norm.meanGreen(), norm.meanBlue()};
    float[] scales = {norm.scaleRed(), norm.scaleGreen(), norm.scaleBlue()};
    float[] input = new float[picture.length];
    for (int i = 0; i < picture.length; i++) {
      int colour = i % 3;
      int channel = norm.order() == ChannelOrder.RGB ? colour : 2 - colour;
      input[i - colour + channel] = (picture[i] - means[colour]) * scales[colour];
    }
    return input;
  }

  private static float[] convolve(float[] filter, float[] bias, float[] input) {
    float[] sums = bias.clone();
    for (int k = 0; k < FILTERS; k++) {
      for (int i = 0; i < input.length; i++) {
        sums[k] += filter[k * input.length + i] * input[i];
      }
    }
    return sums;
  }

  /** A norm subtracts less by what the convolution lacks. */
  @Test
  void aMeanTakesTheConstantOfABiasThatIsNotThere() {
    float[] filter = Tensors.random(1, FILTERS * PIXELS * 3);
    FirstConvolution convolution =
        new FirstConvolution(Normalisation.imageNet(), Normalisation.torchvisionSsdLite());
    float[] constants = convolution.bias(filter, new float[FILTERS]);
    float[] mean = Tensors.random(4, FILTERS);
    float[] found = convolution.mean(filter, mean);
    for (int k = 0; k < FILTERS; k++) {
      assertThat(found[k]).isEqualTo(mean[k] - constants[k]).isNotEqualTo(mean[k]);
    }
  }

  @Test
  void onlyTurnsTheChannelsWhereTheMeansAreEqual() {
    FirstConvolution convolution =
        new FirstConvolution(Normalisation.ssdPyTorch(), Normalisation.caffe());
    assertThat(convolution.isSame()).isFalse();
    assertThat(convolution.needsBias()).isFalse();
    assertThat(convolution.filter(new float[] {1, 2, 3, 4, 5, 6}))
        .containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(
            new FirstConvolution(Normalisation.imageNet(), Normalisation.torchvisionSsd())
                .needsBias())
        .isTrue();
    assertThat(new FirstConvolution(Normalisation.caffe(), Normalisation.caffe()).isSame())
        .isTrue();
  }
}
