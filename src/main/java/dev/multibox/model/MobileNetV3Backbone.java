package dev.multibox.model;

import static dev.multibox.backend.Activation.HARD_SWISH;
import static dev.multibox.backend.Activation.NONE;
import static dev.multibox.backend.Activation.RELU;
import static dev.multibox.backend.Activation.RELU6;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.model.Backbone.Stage;
import dev.multibox.nn.ConvBn;
import dev.multibox.nn.Layer;
import dev.multibox.nn.ResidualBlock;
import dev.multibox.nn.Scope;
import dev.multibox.nn.Sequential;
import dev.multibox.nn.SqueezeExcite;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * MobileNetV3-Large (Howard et al., Searching for MobileNetV3, 2019, table 1) and SSDlite's extra
 * layers (Sandler et al., MobileNetV2, 2018, section 6.2), as torchvision joins them. A block
 * widens by 1×1, convolves each channel by itself, weighs channels by {@link SqueezeExcite} where
 * the table says SE, and narrows by 1×1 without an activation; where shapes agree its input is
 * added (section 5 and figure 4). Batch norm behind every convolution but those of SE. For an image
 * of 320 pixels, HS being hard-swish and RE ReLU:
 *
 * <pre>
 *           window  wide   out                 HS/RE
 * stem      3x3 /2          16                 HS     160
 * block1    3x3       16    16                 RE     160
 * block2    3x3 /2    64    24                 RE      80
 * block3    3x3       72    24                 RE      80
 * block4    5x5 /2    72    40   SE            RE      40
 * block5,6  5x5      120    40   SE            RE      40
 * block7    3x3 /2   240    80                 HS      20
 * block8    3x3      200    80                 HS      20
 * block9,10 3x3      184    80                 HS      20
 * block11   3x3      480   112   SE            HS      20
 * block12   3x3      672   112   SE            HS      20
 * block13   5x5 /2   672   160   SE            HS      10   map 0 is its widened input, 20
 * block14,15 5x5     960   160   SE            HS      10
 * last      1x1            960                 HS      10   map 1
 * extra0    3x3 /2   256   512                 RELU6    5   map 2
 * extra1    3x3 /2   128   256                 RELU6    3   map 3
 * extra2    3x3 /2   128   256                 RELU6    2   map 4
 * extra3    3x3 /2    64   128                 RELU6    1   map 5
 * </pre>
 */
final class MobileNetV3Backbone {
  /** How wide the network is behind block 12. */
  enum Tail {
    /** As in the table, and in the weights for ImageNet. */
    WHOLE(160),
    /** Half of it (section 6.3), as in torchvision's weights for COCO. */
    REDUCED(80);

    private final int channels;

    Tail(int channels) {
      this.channels = channels;
    }
  }

  private static final int IMAGE_CHANNELS = 3;
  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);

  private final Scope scope;
  private int channels = 16;
  private int blocks;

  private MobileNetV3Backbone(Scope scope) {
    this.scope = scope;
  }

  static Backbone declare(Scope scope, Tail tail) {
    MobileNetV3Backbone net = new MobileNetV3Backbone(scope);
    List<Layer> toMap0 = new ArrayList<>();
    toMap0.add(net.stem());
    toMap0.add(net.block(3, 1, 16, 16, RELU));
    toMap0.add(net.block(3, 2, 64, 24, RELU));
    toMap0.add(net.block(3, 1, 72, 24, RELU));
    toMap0.add(net.blockSe(5, 2, 72, 40, RELU));
    toMap0.add(net.blockSe(5, 1, 120, 40, RELU));
    toMap0.add(net.blockSe(5, 1, 120, 40, RELU));
    toMap0.add(net.block(3, 2, 240, 80, HARD_SWISH));
    toMap0.add(net.block(3, 1, 200, 80, HARD_SWISH));
    toMap0.add(net.block(3, 1, 184, 80, HARD_SWISH));
    toMap0.add(net.block(3, 1, 184, 80, HARD_SWISH));
    toMap0.add(net.blockSe(3, 1, 480, 112, HARD_SWISH));
    toMap0.add(net.blockSe(3, 1, 672, 112, HARD_SWISH));
    // The map is taken within a block, which has no shortcut: its stride is 2.
    Block last = net.new Block(5, 2, 672, tail.channels, HARD_SWISH, true);
    toMap0.add(last.expand());
    int wide = 6 * tail.channels;
    Layer toMap1 =
        Sequential.of(
            last.rest(),
            net.blockSe(5, 1, wide, tail.channels, HARD_SWISH),
            net.blockSe(5, 1, wide, tail.channels, HARD_SWISH),
            net.pointwise(scope.child("last"), wide, HARD_SWISH));
    List<Stage> stages = new ArrayList<>();
    stages.add(Stage.map(new Sequential(toMap0)));
    stages.add(Stage.map(toMap1));
    int[] maps = {512, 256, 256, 128};
    for (int i = 0; i < maps.length; i++) {
      stages.add(Stage.map(net.extra(scope.child("extra" + i), maps[i])));
    }
    return new Backbone(stages);
  }

  private Layer stem() {
    return ConvBn.ofImage(
        scope.child("stem"),
        Shape.of(channels, 3, 3, IMAGE_CHANNELS),
        ConvolutionParams.of(2, 1),
        HARD_SWISH,
        SsdLite.FORM);
  }

  private Layer block(int window, int stride, int wide, int out, Activation activation) {
    return new Block(window, stride, wide, out, activation, false).whole();
  }

  private Layer blockSe(int window, int stride, int wide, int out, Activation activation) {
    return new Block(window, stride, wide, out, activation, true).whole();
  }

  /** A block's parts, declared in order. */
  private final class Block {
    private final List<Layer> expand = new ArrayList<>();
    private final List<Layer> middle = new ArrayList<>();
    private final ConvBn project;
    private final boolean adds;

    Block(int window, int stride, int wide, int out, Activation activation, boolean weighs) {
      Scope in = scope.child("block" + ++blocks);
      adds = stride == 1 && channels == out;
      if (wide != channels) {
        expand.add(pointwise(in.child("expand"), wide, activation));
      }
      middle.add(depthwise(in.child("depthwise"), window, stride, activation));
      if (weighs) {
        int squeezed = toMultipleOfEight(wide / 4);
        middle.add(
            new SqueezeExcite(in.child("squeeze"), wide, squeezed, SsdLite.FORM.initializer()));
      }
      project = pointwise(in.child("project"), out, NONE);
    }

    Layer expand() {
      return new Sequential(expand);
    }

    /** All behind {@link #expand}, of a block without a shortcut. */
    Layer rest() {
      return Sequential.of(new Sequential(middle), project);
    }

    Layer whole() {
      if (!adds) {
        return Sequential.of(expand(), rest());
      }
      return new ResidualBlock(Sequential.of(expand(), new Sequential(middle)), project, null);
    }
  }

  /** The nearest multiple of eight that is not a tenth less: how MobileNets count channels. */
  private static int toMultipleOfEight(int count) {
    int nearest = (count + 4) / 8 * 8;
    return 10 * nearest < 9 * count ? nearest + 8 : nearest;
  }

  private Layer extra(Scope in, int out) {
    return Sequential.of(
        pointwise(in.child("expand"), out / 2, RELU6),
        depthwise(in.child("depthwise"), 3, 2, RELU6),
        pointwise(in.child("project"), out, RELU6));
  }

  private ConvBn pointwise(Scope in, int out, Activation activation) {
    int from = channels;
    channels = out;
    return new ConvBn(in, Shape.of(out, 1, 1, from), DENSE, activation, SsdLite.FORM);
  }

  private ConvBn depthwise(Scope in, int window, int stride, Activation activation) {
    ConvolutionParams params = ConvolutionParams.of(stride, window / 2).withGroups(channels);
    return new ConvBn(in, Shape.of(channels, window, window, 1), params, activation, SsdLite.FORM);
  }
}
