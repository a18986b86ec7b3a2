package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PublishedPriors;
import dev.multibox.model.MobileNetV3Backbone.Tail;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.ConvBn;
import dev.multibox.nn.Initializer;
import java.util.List;

/**
 * torchvision's {@code ssdlite320_mobilenet_v3_large}, with the two tails that it has: halved in
 * the published weights for COCO, whole where it starts from a classifier of ImageNet. Heads are
 * separable, six priors a cell on every map; the numbers are those of 91 classes:
 *
 * <pre>
 *                                       maps                 priors  parameters   GMAC
 * ssdlite320-mobilenet-v3-large         20 10 5 3 2 1          3234   3,440,060  0.583
 * ssdlite320-mobilenet-v3-large-whole                                 5,198,540  0.690
 * </pre>
 */
final class SsdLite {
  private static final String NAME = "ssdlite320-mobilenet-v3-large";
  private static final int INPUT = 320;

  /** How torchvision starts the filters of SSDlite, and the numbers of its norms. */
  static final ConvBn.Form FORM = new ConvBn.Form(Initializer.normal(0.03f), 1e-3f, 0.03f);

  private SsdLite() {}

  static List<SsdDefinition> definitions() {
    return List.of(
        definition(NAME, "torchvision's ssdlite320_mobilenet_v3_large", Tail.REDUCED),
        definition(
            NAME + "-whole",
            "the same with MobileNetV3's whole tail, to start from ImageNet's weights",
            Tail.WHOLE));
  }

  private static SsdDefinition definition(String name, String summary, Tail tail) {
    return new SsdDefinition(
        name,
        summary,
        INPUT,
        INPUT,
        Normalisation.torchvisionSsdLite(),
        scope -> MobileNetV3Backbone.declare(scope, tail),
        HeadForm.SEPARABLE,
        HeadStart.of(FORM.initializer()),
        PublishedPriors.ssdlite320(),
        BoxCoding.torchvision(),
        NmsParams.torchvisionSsdLite());
  }
}
