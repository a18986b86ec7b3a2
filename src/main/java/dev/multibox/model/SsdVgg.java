package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PriorSettings;
import dev.multibox.box.PriorSettings.Clip;
import dev.multibox.box.PublishedPriors;
import dev.multibox.box.PublishedPriors.PixelSizes;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.Scope;
import java.util.List;
import java.util.function.Function;

/**
 * SSD on VGG-16, as the paper, amdegroot's ssd.pytorch and torchvision have it:
 *
 * <pre>
 *                           maps                  priors  classes  parameters    GMAC
 * ssd300-vgg16              38 19 10 5 3 1          8732       21  26,285,486  31.374
 * ssd300-vgg16-coco                                           81  34,305,206  34.360
 * ssd300-vgg16-amdegroot                                      21  26,285,486  31.374
 * ssd300-vgg16-torchvision                                    91  35,641,826  34.858
 * ssd512-vgg16              64 32 16 8 4 2 1       24564       21  27,188,676  90.21
 * ssd512-vgg16-coco                                           81  36,038,196  98.63
 * </pre>
 *
 * <p>The networks for VOC and for COCO are the same but for the sizes of their priors. SSD512's are
 * cut to whole pixels, as Caffe's layer does it and its released weights were trained.
 * amdegroot/ssd.pytorch reads RGB and clamps all four numbers of each prior. torchvision takes the
 * COCO set with clipped sizes, normalises and pools in its own way (see {@link VggBackbone.Source})
 * and limits the growth of decoded boxes.
 */
final class SsdVgg {
  private SsdVgg() {}

  static List<SsdDefinition> definitions() {
    return List.of(
        caffe(300, "ssd300-vgg16", "VOC", SsdVgg::caffe300, PublishedPriors.voc300(Clip.NONE)),
        caffe(
            300, "ssd300-vgg16-coco", "COCO", SsdVgg::caffe300, PublishedPriors.coco300(Clip.NONE)),
        caffe(
            512,
            "ssd512-vgg16",
            "VOC",
            SsdVgg::caffe512,
            PublishedPriors.voc512(PixelSizes.TRUNCATED, Clip.NONE)),
        caffe(
            512,
            "ssd512-vgg16-coco",
            "COCO",
            SsdVgg::caffe512,
            PublishedPriors.coco512(PixelSizes.TRUNCATED, Clip.NONE)),
        ssdPyTorch(),
        torchvision());
  }

  private static Backbone caffe300(Scope scope) {
    return VggBackbone.ssd300(scope, VggBackbone.Source.caffe());
  }

  private static Backbone caffe512(Scope scope) {
    return VggBackbone.ssd512(scope, VggBackbone.Source.caffe());
  }

  private static SsdDefinition caffe(
      int input,
      String name,
      String priorSet,
      Function<Scope, Backbone> backbone,
      PriorSettings priors) {
    return new SsdDefinition(
        name,
        "the paper's SSD%d on VGG-16, priors for %s".formatted(input, priorSet),
        input,
        input,
        Normalisation.caffe(),
        backbone,
        HeadForm.CONVOLUTION,
        HeadStart.of(Initializer.caffeXavier()),
        priors,
        BoxCoding.ssd(),
        NmsParams.caffe());
  }

  private static SsdDefinition ssdPyTorch() {
    return new SsdDefinition(
        "ssd300-vgg16-amdegroot",
        "SSD300 on VGG-16 of amdegroot/ssd.pytorch, priors for VOC",
        300,
        300,
        Normalisation.ssdPyTorch(),
        scope -> VggBackbone.ssd300(scope, VggBackbone.Source.ssdPyTorch()),
        HeadForm.CONVOLUTION,
        HeadStart.of(Initializer.xavierUniform()),
        PublishedPriors.voc300(Clip.CENTRE_FORM),
        BoxCoding.ssd(),
        NmsParams.ssdPyTorch());
  }

  private static SsdDefinition torchvision() {
    return new SsdDefinition(
        "ssd300-vgg16-torchvision",
        "torchvision's ssd300_vgg16",
        300,
        300,
        Normalisation.torchvisionSsd(),
        scope -> VggBackbone.ssd300(scope, VggBackbone.Source.torchvision()),
        HeadForm.CONVOLUTION,
        HeadStart.of(Initializer.xavierUniform()),
        PublishedPriors.coco300(Clip.SIZE),
        BoxCoding.torchvision(),
        NmsParams.torchvision());
  }
}
