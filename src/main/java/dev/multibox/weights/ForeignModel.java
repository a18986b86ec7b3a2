package dev.multibox.weights;

import dev.multibox.backend.Normalisation;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A model of another project, as its state dict shows it.
 *
 * @param name as its project calls it
 * @param mark a tensor that no other model has
 * @param backbone whether it is a backbone alone, without extra layers and heads
 * @param target the name of our model that it is, from its tensors
 * @param names their names and ours
 * @param headOrder how its heads' channels are ordered
 * @param normalisation what its first convolution expects, from its tensors
 */
record ForeignModel(
    String name,
    String mark,
    boolean backbone,
    Function<Map<String, StoredTensor>, String> target,
    NameMap names,
    HeadOrder headOrder,
    Function<Map<String, StoredTensor>, Normalisation> normalisation) {

  /** How the channels of a head that gives C values for each of A priors are ordered. */
  enum HeadOrder {
    /** Value c of prior a is channel {@code a C + c}. */
    PRIOR_FIRST,
    /** Value c of prior a is channel {@code c A + a}: NVIDIA's heads. */
    VALUE_FIRST;

    int prior(int channel, int values, int priors) {
      return this == PRIOR_FIRST ? channel / values : channel % priors;
    }

    int value(int channel, int values, int priors) {
      return this == PRIOR_FIRST ? channel % values : channel / priors;
    }
  }

  /** The last filter of MobileNetV3, whose rows tell the width of its tail. */
  private static final String SSDLITE_LAST = "backbone.features.1.3.0.weight";

  static List<ForeignModel> ofTorchvision() {
    return List.of(
        new ForeignModel(
            "ssd300_vgg16",
            "backbone.scale_weight",
            false,
            _ -> "ssd300-vgg16-torchvision",
            NameMaps.TORCHVISION_SSD300,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.torchvisionSsd()),
        new ForeignModel(
            "vgg16",
            "features.28.weight",
            true,
            _ -> "ssd300-vgg16-torchvision",
            NameMaps.TORCHVISION_VGG16,
            HeadOrder.PRIOR_FIRST,
            ForeignModel::ofVgg16),
        new ForeignModel(
            "ssdlite320_mobilenet_v3_large",
            SSDLITE_LAST,
            false,
            ForeignModel::ofMobileNet,
            NameMaps.TORCHVISION_SSDLITE,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.torchvisionSsdLite()),
        new ForeignModel(
            "mobilenet_v3_large",
            "features.16.0.weight",
            true,
            _ -> "ssdlite320-mobilenet-v3-large-whole",
            NameMaps.TORCHVISION_MOBILENET,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.imageNet()),
        new ForeignModel(
            "resnet",
            "layer3.0.conv1.weight",
            true,
            tensors -> ofResNet(tensors, "layer3"),
            NameMaps.TORCHVISION_RESNET,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.imageNet()));
  }

  static ForeignModel ofNvidia() {
    return new ForeignModel(
        "SSD300",
        "additional_blocks.0.0.weight",
        false,
        tensors -> ofResNet(tensors, "feature_extractor.feature_extractor.6"),
        NameMaps.NVIDIA_SSD300,
        HeadOrder.VALUE_FIRST,
        _ -> Normalisation.imageNet());
  }

  static List<ForeignModel> ofSsdPyTorch() {
    return List.of(
        new ForeignModel(
            "SSD300",
            "L2Norm.weight",
            false,
            _ -> "ssd300-vgg16-amdegroot",
            NameMaps.SSD_PYTORCH,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.ssdPyTorch()),
        new ForeignModel(
            "vgg16_reducedfc",
            "33.weight",
            true,
            _ -> "ssd300-vgg16-amdegroot",
            NameMaps.SSD_PYTORCH_VGG16,
            HeadOrder.PRIOR_FIRST,
            _ -> Normalisation.ssdPyTorch()));
  }

  /**
   * torchvision has two files of one form: the classifier trained on normalised images, and the
   * features that came from Caffe, for SSD alone, whose dense layers are filled with NaN.
   */
  private static Normalisation ofVgg16(Map<String, StoredTensor> tensors) {
    StoredTensor dense = tensors.get("classifier.0.bias");
    boolean fromCaffe = dense != null && Float.isNaN(FloatValues.of(dense)[0]);
    return fromCaffe ? Normalisation.torchvisionSsd() : Normalisation.imageNet();
  }

  /** torchvision halves the tail of a network that does not start from ImageNet's weights. */
  private static String ofMobileNet(Map<String, StoredTensor> tensors) {
    StoredTensor last = Objects.requireNonNull(tensors.get(SSDLITE_LAST));
    boolean whole = last.shape().rank() == 4 && last.shape().dim(0) == 960;
    return "ssdlite320-mobilenet-v3-large" + (whole ? "-whole" : "");
  }

  /** The third group of blocks, {@code layer3}, has a length of its own in every ResNet but one. */
  private static String ofResNet(Map<String, StoredTensor> tensors, String layer3) {
    int blocks = 0;
    while (tensors.containsKey("%s.%d.conv1.weight".formatted(layer3, blocks))) {
      blocks++;
    }
    boolean bottleneck = tensors.containsKey(layer3 + ".0.conv3.weight");
    int depth =
        switch (blocks) {
          case 2 -> 18;
          case 6 -> bottleneck ? 50 : 34;
          case 23 -> 101;
          case 36 -> 152;
          default ->
              throw new IllegalArgumentException(
                  "has %d blocks in %s, wanted 2, 6, 23 or 36".formatted(blocks, layer3));
        };
    return "ssd300-resnet" + depth;
  }
}
