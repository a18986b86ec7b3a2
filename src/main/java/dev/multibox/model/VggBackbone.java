package dev.multibox.model;

import static dev.multibox.backend.Activation.RELU;

import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.PoolingParams;
import dev.multibox.model.Backbone.Stage;
import dev.multibox.nn.Conv;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.L2Norm;
import dev.multibox.nn.Layer;
import dev.multibox.nn.MaxPool;
import dev.multibox.nn.Scope;
import dev.multibox.nn.Sequential;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * VGG-16 (Simonyan and Zisserman, 2014, table 1, column D) up to conv5_3, its dense layers fc6 and
 * fc7 as convolutions, and SSD's extra layers (Liu et al., SSD, figure 2 and section 3.1). Layers
 * have the names of Caffe's model. All convolutions have a bias and ReLU, and no batch norm:
 *
 * <pre>
 *                                              300        512
 * conv1_1 conv1_2   3x3    64                  300        512
 * pool1             2x2 /2                     150        256
 * conv2_1 conv2_2   3x3   128                  150        256
 * pool2             2x2 /2                      75        128
 * conv3_1 .. 3_3    3x3   256                   75        128
 * pool3             2x2 /2, rounded up          38         64
 * conv4_1 .. 4_3    3x3   512                   38         64   map 0, behind an L2 norm
 * pool4             2x2 /2                      19         32
 * conv5_1 .. 5_3    3x3   512                   19         32
 * pool5             3x3 /1, padded              19         32
 * fc6               3x3  1024, dilated 6        19         32
 * fc7               1x1  1024                   19         32   map 1
 * conv6_1 conv6_2   1x1   256, 3x3 512 /2       10         16   map 2
 * conv7_1 conv7_2   1x1   128, 3x3 256 /2        5          8   map 3
 * conv8_1 conv8_2   1x1   128, 3x3 256           3   (/2)   4   map 4
 * conv9_1 conv9_2   1x1   128, 3x3 256           1   (/2)   2   map 5
 * conv10_1 conv10_2 1x1   128, 4x4 256                      1   map 6
 * </pre>
 */
final class VggBackbone {
  /**
   * What the sources do differently.
   *
   * @param roundsUp whether every pooling rounds up, or pool3 alone
   * @param guard of the L2 norm
   * @param epsilon of the L2 norm
   * @param vgg how VGG's own filters start
   * @param added how those of fc6, fc7 and the extra layers start
   */
  record Source(boolean roundsUp, Guard guard, float epsilon, Initializer vgg, Initializer added) {
    /** The paper's own code. */
    static Source caffe() {
      Initializer xavier = Initializer.caffeXavier();
      return new Source(true, Guard.ADD_TO_SQUARES, 1e-10f, xavier, xavier);
    }

    static Source ssdPyTorch() {
      Initializer xavier = Initializer.xavierUniform();
      return new Source(false, Guard.ADD_TO_NORM, 1e-10f, xavier, xavier);
    }

    static Source torchvision() {
      return new Source(
          false, Guard.LARGER_OF, 1e-12f, Initializer.kaimingNormal(), Initializer.xavierUniform());
    }
  }

  private static final int IMAGE_CHANNELS = 3;
  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);
  private static final ConvolutionParams SAME = ConvolutionParams.of(1, 1);
  private static final ConvolutionParams HALVED = ConvolutionParams.of(2, 1);

  private final Scope scope;
  private final Source source;
  private final PoolingParams half;

  private VggBackbone(Scope scope, Source source) {
    this.scope = scope;
    this.source = source;
    PoolingParams down = PoolingParams.of(2, 2, 0);
    half = source.roundsUp ? down.withCeilMode() : down;
  }

  /** Six maps, for images of 300 pixels. */
  static Backbone ssd300(Scope scope, Source source) {
    VggBackbone vgg = new VggBackbone(scope, source);
    List<Stage> stages = vgg.common();
    stages.add(Stage.map(vgg.extra("conv8", 256, 128, 256, 3, DENSE)));
    stages.add(Stage.map(vgg.extra("conv9", 256, 128, 256, 3, DENSE)));
    return new Backbone(stages);
  }

  /** Seven maps, for images of 512 pixels. */
  static Backbone ssd512(Scope scope, Source source) {
    VggBackbone vgg = new VggBackbone(scope, source);
    List<Stage> stages = vgg.common();
    stages.add(Stage.map(vgg.extra("conv8", 256, 128, 256, 3, HALVED)));
    stages.add(Stage.map(vgg.extra("conv9", 256, 128, 256, 3, HALVED)));
    stages.add(Stage.map(vgg.extra("conv10", 256, 128, 256, 4, SAME)));
    return new Backbone(stages);
  }

  private List<Stage> common() {
    Layer toConv4 =
        Sequential.of(
            image("conv1_1", 64),
            vgg("conv1_2", 64, 64),
            new MaxPool(half),
            vgg("conv2_1", 64, 128),
            vgg("conv2_2", 128, 128),
            new MaxPool(half),
            vgg("conv3_1", 128, 256),
            vgg("conv3_2", 256, 256),
            vgg("conv3_3", 256, 256),
            new MaxPool(half.withCeilMode()),
            vgg("conv4_1", 256, 512),
            vgg("conv4_2", 512, 512),
            vgg("conv4_3", 512, 512));
    Layer toFc7 =
        Sequential.of(
            new MaxPool(half),
            vgg("conv5_1", 512, 512),
            vgg("conv5_2", 512, 512),
            vgg("conv5_3", 512, 512),
            new MaxPool(PoolingParams.of(3, 1, 1)),
            added("fc6", 512, 1024, 3, ConvolutionParams.of(1, 6).withDilation(6)),
            added("fc7", 1024, 1024, 1, DENSE));
    // pool4 reads conv4_3 itself; its head alone sees the normalised map.
    Layer norm = new L2Norm(scope.child("conv4_3_norm"), 512, source.guard, source.epsilon);
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.map(toConv4, norm));
    stages.add(Stage.map(toFc7));
    stages.add(Stage.map(extra("conv6", 1024, 256, 512, 3, HALVED)));
    stages.add(Stage.map(extra("conv7", 512, 128, 256, 3, HALVED)));
    return stages;
  }

  private Layer image(String name, int out) {
    return Conv.ofImage(
        scope.child(name), Shape.of(out, 3, 3, IMAGE_CHANNELS), SAME, RELU, source.vgg);
  }

  private Layer vgg(String name, int in, int out) {
    return new Conv(scope.child(name), Shape.of(out, 3, 3, in), SAME, RELU, source.vgg);
  }

  private Layer added(String name, int in, int out, int window, ConvolutionParams params) {
    Shape filter = Shape.of(out, window, window, in);
    return new Conv(scope.child(name), filter, params, RELU, source.added);
  }

  private Layer extra(
      String name, int in, int middle, int out, int window, ConvolutionParams params) {
    return Sequential.of(
        added(name + "_1", in, middle, 1, DENSE), added(name + "_2", middle, out, window, params));
  }
}
