package dev.multibox.model;

import static dev.multibox.backend.Activation.NONE;
import static dev.multibox.backend.Activation.RELU;

import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.PoolingParams;
import dev.multibox.model.Backbone.Stage;
import dev.multibox.nn.ConvBn;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.Layer;
import dev.multibox.nn.MaxPool;
import dev.multibox.nn.ResidualBlock;
import dev.multibox.nn.Scope;
import dev.multibox.nn.Sequential;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A residual network (He et al., Deep Residual Learning, 2015, table 1) up to its third group of
 * blocks, and five extra layers: the backbone of NVIDIA's SSD300 v1.1. Groups 1 and 2 are
 * torchvision's, with the stride of a bottleneck on its 3×3 convolution; group 3 has a stride of 1,
 * so that its map is as fine as VGG's conv4_3. Batch norm and ReLU behind every convolution. For
 * ResNet-50 and an image of 300 pixels:
 *
 * <pre>
 * stem      7x7 /2   64                          150
 *           max pool 3x3 /2                       75
 * layer1    3 bottlenecks,  64 to  256            75
 * layer2    4 bottlenecks, 128 to  512 /2         38
 * layer3    6 bottlenecks, 256 to 1024            38   map 0
 * extra0    1x1 256, 3x3 512 /2                   19   map 1
 * extra1    1x1 256, 3x3 512 /2                   10   map 2
 * extra2    1x1 128, 3x3 256 /2                    5   map 3
 * extra3    1x1 128, 3x3 256, not padded           3   map 4
 * extra4    1x1 128, 3x3 256, not padded           1   map 5
 * </pre>
 */
final class ResNetBackbone {
  /** The published depths. */
  enum Depth {
    RESNET18(Block.BASIC, 2, 2, 2, 128),
    RESNET34(Block.BASIC, 3, 4, 6, 256),
    RESNET50(Block.BOTTLENECK, 3, 4, 6, 256),
    RESNET101(Block.BOTTLENECK, 3, 4, 23, 256),
    RESNET152(Block.BOTTLENECK, 3, 8, 36, 256);

    private final Block block;
    private final int layer1;
    private final int layer2;
    private final int layer3;
    private final int lastMap;

    Depth(Block block, int layer1, int layer2, int layer3, int lastMap) {
      this.block = block;
      this.lastMap = lastMap;
      this.layer1 = layer1;
      this.layer2 = layer2;
      this.layer3 = layer3;
    }
  }

  /** What a group is made of. */
  private enum Block {
    /** Two 3×3 convolutions. */
    BASIC(1),
    /** 1×1 to a quarter of the channels, 3×3, and 1×1 back. */
    BOTTLENECK(4);

    private final int expansion;

    Block(int expansion) {
      this.expansion = expansion;
    }
  }

  private static final int IMAGE_CHANNELS = 3;
  private static final int STEM = 64;
  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);
  private static final ConvolutionParams SAME = ConvolutionParams.of(1, 1);
  private static final ConvolutionParams HALVED = ConvolutionParams.of(2, 1);

  private final Scope scope;
  private final Block block;
  private int channels = STEM;

  private ResNetBackbone(Scope scope, Block block) {
    this.scope = scope;
    this.block = block;
  }

  static Backbone declare(Scope scope, Depth depth) {
    ResNetBackbone net = new ResNetBackbone(scope, depth.block);
    Layer toLayer3 =
        Sequential.of(
            ConvBn.ofImage(
                scope.child("stem"),
                Shape.of(STEM, 7, 7, IMAGE_CHANNELS),
                ConvolutionParams.of(2, 3),
                RELU),
            new MaxPool(PoolingParams.of(3, 2, 1)),
            net.group("layer1", depth.layer1, 64, 1),
            net.group("layer2", depth.layer2, 128, 2),
            net.group("layer3", depth.layer3, 256, 1));
    return new Backbone(
        List.of(
            Stage.map(toLayer3),
            Stage.map(net.extra("extra0", 256, 512, HALVED)),
            Stage.map(net.extra("extra1", 256, 512, HALVED)),
            Stage.map(net.extra("extra2", 128, 256, HALVED)),
            Stage.map(net.extra("extra3", 128, 256, DENSE)),
            Stage.map(net.extra("extra4", 128, depth.lastMap, DENSE))));
  }

  /** Blocks of which the first has the stride and changes the number of channels. */
  private Layer group(String name, int blocks, int width, int stride) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      layers.add(block(scope.child(name).child(Integer.toString(i)), width, i == 0 ? stride : 1));
    }
    return new Sequential(layers);
  }

  private Layer block(Scope in, int width, int stride) {
    ConvBn shortcut = shortcut(in.child("downsample"), width, stride);
    ConvolutionParams strided = ConvolutionParams.of(stride, 1);
    int from = channels;
    channels = width * block.expansion;
    return switch (block) {
      case BASIC ->
          new ResidualBlock(
              Sequential.of(conv(in.child("conv1"), from, width, 3, strided)),
              conv(in.child("conv2"), width, width, 3, SAME),
              shortcut);
      case BOTTLENECK ->
          new ResidualBlock(
              Sequential.of(
                  conv(in.child("conv1"), from, width, 1, DENSE),
                  conv(in.child("conv2"), width, width, 3, strided)),
              conv(in.child("conv3"), width, channels, 1, DENSE),
              shortcut);
    };
  }

  private @Nullable ConvBn shortcut(Scope in, int width, int stride) {
    int out = width * block.expansion;
    if (stride == 1 && out == channels) {
      return null;
    }
    return new ConvBn(in, Shape.of(out, 1, 1, channels), ConvolutionParams.of(stride, 0), NONE);
  }

  private static ConvBn conv(Scope in, int from, int to, int window, ConvolutionParams params) {
    return new ConvBn(in, Shape.of(to, window, window, from), params, RELU);
  }

  private Layer extra(String name, int middle, int out, ConvolutionParams params) {
    Scope in = scope.child(name);
    int from = channels;
    channels = out;
    Initializer xavier = Initializer.xavierUniform();
    return Sequential.of(
        new ConvBn(in.child("conv1"), Shape.of(middle, 1, 1, from), DENSE, RELU, xavier),
        new ConvBn(in.child("conv2"), Shape.of(out, 3, 3, middle), params, RELU, xavier));
  }
}
