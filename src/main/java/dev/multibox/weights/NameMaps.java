package dev.multibox.weights;

/** The tables of names of the projects whose weights are read. */
final class NameMaps {
  /** VGG-16 as a list of layers, numbered with its ReLUs and poolings; {@code @} stands before. */
  private static final String VGG_TO_CONV4 =
      """
      @0.*                                    backbone.conv1_1.*
      @2.*                                    backbone.conv1_2.*
      @5.*                                    backbone.conv2_1.*
      @7.*                                    backbone.conv2_2.*
      @10.*                                   backbone.conv3_1.*
      @12.*                                   backbone.conv3_2.*
      @14.*                                   backbone.conv3_3.*
      @17.*                                   backbone.conv4_1.*
      @19.*                                   backbone.conv4_2.*
      @21.*                                   backbone.conv4_3.*
      """;

  private static final String VGG_CONV5 =
      """
      @24.*                                   backbone.conv5_1.*
      @26.*                                   backbone.conv5_2.*
      @28.*                                   backbone.conv5_3.*
      """;

  /** What ssd.pytorch makes of VGG's first dense layers. */
  private static final String VGG_DENSE =
      """
      @31.*                                   backbone.fc6.*
      @33.*                                   backbone.fc7.*
      """;

  /** One group of blocks of a ResNet, {@code @} to us {@code &}. */
  private static final String RESNET_GROUP =
      """
      @.#.conv#.*                             backbone.&.#.conv#.conv.*
      @.#.bn#.*                               backbone.&.#.conv#.bn.*
      @.#.downsample.0.*                      backbone.&.#.downsample.conv.*
      @.#.downsample.1.*                      backbone.&.#.downsample.bn.*
      """;

  /** torchvision's {@code ssd300_vgg16}. */
  static final NameMap TORCHVISION_SSD300 =
      NameMap.of(
          VGG_TO_CONV4.replace("@", "backbone.features."),
          """
          backbone.scale_weight                   backbone.conv4_3_norm.scale
          backbone.extra.0.1.*                    backbone.conv5_1.*
          backbone.extra.0.3.*                    backbone.conv5_2.*
          backbone.extra.0.5.*                    backbone.conv5_3.*
          backbone.extra.0.7.1.*                  backbone.fc6.*
          backbone.extra.0.7.3.*                  backbone.fc7.*
          backbone.extra.1.0.*                    backbone.conv6_1.*
          backbone.extra.1.2.*                    backbone.conv6_2.*
          backbone.extra.2.0.*                    backbone.conv7_1.*
          backbone.extra.2.2.*                    backbone.conv7_2.*
          backbone.extra.3.0.*                    backbone.conv8_1.*
          backbone.extra.3.2.*                    backbone.conv8_2.*
          backbone.extra.4.0.*                    backbone.conv9_1.*
          backbone.extra.4.2.*                    backbone.conv9_2.*
          head.classification_head.module_list.#.* heads.#.*  classes
          head.regression_head.module_list.#.*    heads.#.*  boxes
          """);

  /** torchvision's {@code vgg16}, whose dense layers SSD does not take over. */
  static final NameMap TORCHVISION_VGG16 =
      NameMap.of(
          VGG_TO_CONV4.replace("@", "features."),
          VGG_CONV5.replace("@", "features."),
          """
          classifier.#.*                          -
          """);

  /** torchvision's ResNets, of which SSD has the first three groups of blocks. */
  static final NameMap TORCHVISION_RESNET =
      NameMap.of(
          """
          **.num_batches_tracked                  -
          conv1.*                                 backbone.stem.conv.*
          bn1.*                                   backbone.stem.bn.*
          layer4.**                               -
          fc.*                                    -
          """,
          group("layer1", "layer1"),
          group("layer2", "layer2"),
          group("layer3", "layer3"));

  /** NVIDIA's SSD300 on a ResNet. */
  static final NameMap NVIDIA_SSD300 =
      NameMap.of(
          """
          **.num_batches_tracked                  -
          feature_extractor.feature_extractor.0.* backbone.stem.conv.*
          feature_extractor.feature_extractor.1.* backbone.stem.bn.*
          additional_blocks.#.0.*                 backbone.extra#.conv1.conv.*
          additional_blocks.#.1.*                 backbone.extra#.conv1.bn.*
          additional_blocks.#.3.*                 backbone.extra#.conv2.conv.*
          additional_blocks.#.4.*                 backbone.extra#.conv2.bn.*
          conf.#.*                                heads.#.*  classes
          loc.#.*                                 heads.#.*  boxes
          """,
          group("feature_extractor.feature_extractor.4", "layer1"),
          group("feature_extractor.feature_extractor.5", "layer2"),
          group("feature_extractor.feature_extractor.6", "layer3"));

  /** ssd.pytorch's SSD300. */
  static final NameMap SSD_PYTORCH =
      NameMap.of(
          VGG_TO_CONV4.replace("@", "vgg."),
          VGG_CONV5.replace("@", "vgg."),
          VGG_DENSE.replace("@", "vgg."),
          """
          L2Norm.weight                           backbone.conv4_3_norm.scale
          extras.0.*                              backbone.conv6_1.*
          extras.1.*                              backbone.conv6_2.*
          extras.2.*                              backbone.conv7_1.*
          extras.3.*                              backbone.conv7_2.*
          extras.4.*                              backbone.conv8_1.*
          extras.5.*                              backbone.conv8_2.*
          extras.6.*                              backbone.conv9_1.*
          extras.7.*                              backbone.conv9_2.*
          conf.#.*                                heads.#.*  classes
          loc.#.*                                 heads.#.*  boxes
          """);

  /** What ssd.pytorch's training starts from: VGG with its dense layers reduced. */
  static final NameMap SSD_PYTORCH_VGG16 =
      NameMap.of(
          VGG_TO_CONV4.replace("@", ""), VGG_CONV5.replace("@", ""), VGG_DENSE.replace("@", ""));

  /** The parts of one of MobileNetV3's blocks, {@code @} to us {@code &}. */
  private static final String MOBILENET_BLOCK =
      """
      @.0.0.*                                 backbone.&.expand.conv.*
      @.0.1.*                                 backbone.&.expand.bn.*
      @.1.0.*                                 backbone.&.depthwise.conv.*
      @.1.1.*                                 backbone.&.depthwise.bn.*
      @.2.fc#.*                               backbone.&.squeeze.fc#.*
      @.2.0.*                                 backbone.&.project.conv.*
      @.2.1.*                                 backbone.&.project.bn.*
      @.3.0.*                                 backbone.&.project.conv.*
      @.3.1.*                                 backbone.&.project.bn.*
      """;

  /** Its stem and its blocks as a list; the first block does not widen. {@code @} stands before. */
  private static final String MOBILENET =
      """
      **.num_batches_tracked                  -
      @0.0.*                                  backbone.stem.conv.*
      @0.1.*                                  backbone.stem.bn.*
      @1.block.0.0.*                          backbone.block1.depthwise.conv.*
      @1.block.0.1.*                          backbone.block1.depthwise.bn.*
      @1.block.1.0.*                          backbone.block1.project.conv.*
      @1.block.1.1.*                          backbone.block1.project.bn.*
      """;

  /** torchvision's {@code ssdlite320_mobilenet_v3_large}, whose block 13 is cut in two. */
  static final NameMap TORCHVISION_SSDLITE =
      NameMap.of(
          MOBILENET.replace("@", "backbone.features.0."),
          mobileNetBlock("backbone.features.0.#.block", "block#"),
          """
          backbone.features.0.13.0.*              backbone.block13.expand.conv.*
          backbone.features.0.13.1.*              backbone.block13.expand.bn.*
          """,
          mobileNetBlock("backbone.features.1.0", "block13"),
          mobileNetBlock("backbone.features.1.1.block", "block14"),
          mobileNetBlock("backbone.features.1.2.block", "block15"),
          """
          backbone.features.1.3.0.*               backbone.last.conv.*
          backbone.features.1.3.1.*               backbone.last.bn.*
          backbone.extra.#.0.0.*                  backbone.extra#.expand.conv.*
          backbone.extra.#.0.1.*                  backbone.extra#.expand.bn.*
          backbone.extra.#.1.0.*                  backbone.extra#.depthwise.conv.*
          backbone.extra.#.1.1.*                  backbone.extra#.depthwise.bn.*
          backbone.extra.#.2.0.*                  backbone.extra#.project.conv.*
          backbone.extra.#.2.1.*                  backbone.extra#.project.bn.*
          """,
          separableHead("classification_head", "logits", "classes"),
          separableHead("regression_head", "offsets", ""));

  /** torchvision's {@code mobilenet_v3_large}, whose classifier SSDlite does not take over. */
  static final NameMap TORCHVISION_MOBILENET =
      NameMap.of(
          MOBILENET.replace("@", "features."),
          """
          features.16.0.*                         backbone.last.conv.*
          features.16.1.*                         backbone.last.bn.*
          classifier.#.*                          -
          """,
          mobileNetBlock("features.#.block", "block#"));

  private NameMaps() {}

  private static String mobileNetBlock(String theirs, String ours) {
    return MOBILENET_BLOCK.replace("@", theirs).replace("&", ours);
  }

  private static String separableHead(String theirs, String ours, String use) {
    return """
    head.@.module_list.#.0.0.*              heads.#.&.depthwise.conv.*
    head.@.module_list.#.0.1.*              heads.#.&.depthwise.bn.*
    head.@.module_list.#.1.*                heads.#.&.project.*  %s
    """
        .formatted(use)
        .replace("@", theirs)
        .replace("&", ours);
  }

  private static String group(String theirs, String ours) {
    return RESNET_GROUP.replace("@", theirs).replace("&", ours);
  }
}
