package dev.multibox.model;

import static dev.multibox.backend.Activation.RELU;

import dev.multibox.backend.ConvolutionParams;
import dev.multibox.model.Backbone.Stage;
import dev.multibox.nn.ConvBn;
import dev.multibox.nn.Layer;
import dev.multibox.nn.Scope;
import dev.multibox.nn.Sequential;
import dev.multibox.tensor.Shape;
import java.util.List;

/**
 * A plain stack of 3×3 convolutions with batch norm, small enough to be trained from random weights
 * on a CPU in minutes. Four maps, at strides 4, 8, 16 and 32: 24, 12, 6 and 3 cells a side for an
 * image of 96 pixels.
 */
final class TinyBackbone {
  private static final int IMAGE_CHANNELS = 3;

  private TinyBackbone() {}

  static Backbone declare(Scope scope) {
    Layer stride4 =
        Sequential.of(
            ConvBn.ofImage(
                scope.child("stride2"),
                Shape.of(24, 3, 3, IMAGE_CHANNELS),
                ConvolutionParams.of(2, 1),
                RELU),
            conv(scope, "stride4a", 24, 48, 2),
            conv(scope, "stride4b", 48, 48, 1));
    Layer stride8 =
        Sequential.of(conv(scope, "stride8a", 48, 96, 2), conv(scope, "stride8b", 96, 96, 1));
    Layer stride16 =
        Sequential.of(conv(scope, "stride16a", 96, 160, 2), conv(scope, "stride16b", 160, 160, 1));
    Layer stride32 = conv(scope, "stride32", 160, 160, 2);
    return new Backbone(
        List.of(Stage.map(stride4), Stage.map(stride8), Stage.map(stride16), Stage.map(stride32)));
  }

  private static Layer conv(Scope scope, String name, int in, int out, int stride) {
    return new ConvBn(
        scope.child(name), Shape.of(out, 3, 3, in), ConvolutionParams.of(stride, 1), RELU);
  }
}
