package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PriorSettings.Clip;
import dev.multibox.box.PublishedPriors;
import dev.multibox.model.ResNetBackbone.Depth;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Initializer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * NVIDIA's SSD300 v1.1, whose heads are plain 3×3 convolutions and whose priors are the COCO set,
 * all four numbers of each clamped; 8732 priors on maps of 38, 19, 10, 5, 3 and 1 cells a side. It
 * is validated on images that PIL resized, which antialiases. With COCO's 80 categories and
 * background:
 *
 * <pre>
 *                    channels of the maps        parameters    GMAC
 * ssd300-resnet18     256 512 512 256 256 128    14.05 M       7.78
 * ssd300-resnet34     256 512 512 256 256 256    19.98 M      15.86
 * ssd300-resnet50    1024 512 512 256 256 256    22,894,902   20.151
 * ssd300-resnet101   1024 512 512 256 256 256    41.89 M      47.50
 * ssd300-resnet152   1024 512 512 256 256 256    57.53 M      70.02
 * </pre>
 */
final class SsdResNet {
  private static final int INPUT = 300;

  private SsdResNet() {}

  static List<SsdDefinition> definitions() {
    return Arrays.stream(Depth.values()).map(SsdResNet::definition).toList();
  }

  private static SsdDefinition definition(Depth depth) {
    String net = depth.name().toLowerCase(Locale.ROOT);
    return new SsdDefinition(
        "ssd300-" + net,
        "NVIDIA's SSD300 v1.1 on ResNet-" + net.substring("resnet".length()),
        INPUT,
        INPUT,
        Normalisation.imageNet(),
        scope -> ResNetBackbone.declare(scope, depth),
        HeadForm.CONVOLUTION,
        new HeadStart(Initializer.xavierUniform(), Initializer::pytorchBias),
        PublishedPriors.coco300(Clip.CENTRE_FORM),
        BoxCoding.ssd(),
        NmsParams.nvidia(),
        Resize.BILINEAR_ANTIALIAS);
  }
}
