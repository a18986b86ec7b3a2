package dev.multibox.model;

import dev.multibox.Golden;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a PyTorch project names and orders what one of our models has.
 *
 * @param definition ours
 * @param classHead matches the names of class heads' tensors, with the level and the rest
 * @param boxHead likewise of box heads
 * @param shapeMajor whether priors are ordered by shape before cell, and head channels by class or
 *     coordinate before prior: NVIDIA's way
 * @param classRows what the name of our tensor with the rows of a class head has behind the level
 * @param boxRows likewise of a box head
 * @param backbone our name of any other tensor's layer, the last part of the name left off
 * @param match how it assigns ground truth
 * @param loss its loss
 */
record TorchModel(
    SsdDefinition definition,
    Pattern classHead,
    Pattern boxHead,
    boolean shapeMajor,
    String classRows,
    String boxRows,
    Function<String, String> backbone,
    MatchParams match,
    LossParams loss) {

  /** The model whose state dictionary has these names. */
  static TorchModel of(Golden golden) {
    List<String> names = new ArrayList<>();
    golden.metadata("state_dict_order").forEach(name -> names.add(name.asText()));
    if (names.contains("backbone.scale_weight")) {
      return torchvisionVgg();
    }
    if (names.contains("backbone.features.1.3.0.weight")) {
      return torchvisionLite();
    }
    if (names.contains("additional_blocks.0.0.weight")) {
      return nvidiaResNet(names);
    }
    throw new IllegalArgumentException("a model that is not known, with " + names.getFirst());
  }

  private static TorchModel torchvisionVgg() {
    return new TorchModel(
        ModelRegistry.find("ssd300-vgg16-torchvision"),
        Pattern.compile("head\\.classification_head\\.module_list\\.(\\d)\\.(weight|bias)"),
        Pattern.compile("head\\.regression_head\\.module_list\\.(\\d)\\.(weight|bias)"),
        false,
        "",
        "",
        TorchModel::vggLayer,
        MatchParams.torchvision(),
        LossParams.torchvision());
  }

  /** For example {@code backbone.features.21} to {@code backbone.conv4_3}. */
  private static String vggLayer(String torch) {
    List<String> features = List.of("0", "2", "5", "7", "10", "12", "14", "17", "19", "21");
    List<String> convolutions =
        List.of("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "4_1", "4_2", "4_3");
    Matcher feature = Pattern.compile("backbone\\.features\\.(\\d+)").matcher(torch);
    if (feature.matches()) {
      return "backbone.conv" + convolutions.get(features.indexOf(feature.group(1)));
    }
    Matcher extra = Pattern.compile("backbone\\.extra\\.([1-9])\\.([02])").matcher(torch);
    if (extra.matches()) {
      int stage = 5 + Integer.parseInt(extra.group(1));
      return "backbone.conv%d_%d".formatted(stage, extra.group(2).equals("0") ? 1 : 2);
    }
    return switch (torch) {
      case "backbone" -> "backbone.conv4_3_norm";
      case "backbone.extra.0.1" -> "backbone.conv5_1";
      case "backbone.extra.0.3" -> "backbone.conv5_2";
      case "backbone.extra.0.5" -> "backbone.conv5_3";
      case "backbone.extra.0.7.1" -> "backbone.fc6";
      case "backbone.extra.0.7.3" -> "backbone.fc7";
      default -> throw new IllegalArgumentException("no layer " + torch);
    };
  }

  /** Its heads are two on both sides, and but for their last layers named like the backbone. */
  private static TorchModel torchvisionLite() {
    return new TorchModel(
        ModelRegistry.find("ssdlite320-mobilenet-v3-large"),
        Pattern.compile("head\\.classification_head\\.module_list\\.(\\d)\\.1\\.(weight|bias)"),
        Pattern.compile("head\\.regression_head\\.module_list\\.(\\d)\\.1\\.(weight|bias)"),
        false,
        "logits.project.",
        "offsets.project.",
        TorchModel::liteLayer,
        MatchParams.torchvision(),
        LossParams.torchvision());
  }

  /**
   * For example {@code backbone.features.0.4.block.3.0} to {@code backbone.block4.project.conv}.
   */
  private static String liteLayer(String torch) {
    String layer =
        torch
            .replaceFirst("^backbone\\.features\\.0\\.0\\.", "backbone.stem.")
            .replaceFirst("^backbone\\.features\\.0\\.13\\.", "backbone.block13.expand.")
            .replaceFirst("^backbone\\.features\\.1\\.3\\.", "backbone.last.")
            .replaceFirst("^backbone\\.features\\.1\\.0\\.", "backbone.block13.")
            .replaceFirst("^backbone\\.features\\.1\\.1\\.block\\.", "backbone.block14.")
            .replaceFirst("^backbone\\.features\\.1\\.2\\.block\\.", "backbone.block15.")
            .replaceFirst("^backbone\\.features\\.0\\.(\\d+)\\.block\\.", "backbone.block$1.")
            .replaceFirst("^backbone\\.extra\\.(\\d)\\.", "backbone.extra$1.")
            .replaceFirst(
                "^head\\.classification_head\\.module_list\\.(\\d)\\.0", "heads.$1.logits.1")
            .replaceFirst("^head\\.regression_head\\.module_list\\.(\\d)\\.0", "heads.$1.offsets.1")
            .replaceFirst("\\.2\\.fc", ".squeeze.fc");
    // The first block does not widen, so that its parts count from the second on.
    boolean first = layer.startsWith("backbone.block1.");
    return layer
        .replaceFirst("\\.0\\.([01])$", first ? ".depthwise.$1" : ".expand.$1")
        .replaceFirst("\\.1\\.([01])$", first ? ".project.$1" : ".depthwise.$1")
        .replaceFirst("\\.[23]\\.([01])$", ".project.$1")
        .replaceFirst("\\.0$", ".conv")
        .replaceFirst("\\.1$", ".bn");
  }

  private static TorchModel nvidiaResNet(List<String> names) {
    return new TorchModel(
        ModelRegistry.find("ssd300-resnet" + depth(names)),
        Pattern.compile("conf\\.(\\d)\\.(weight|bias)"),
        Pattern.compile("loc\\.(\\d)\\.(weight|bias)"),
        true,
        "",
        "",
        TorchModel::resNetLayer,
        MatchParams.nvidia(),
        LossParams.nvidia());
  }

  private static int depth(List<String> names) {
    String layer3 = "feature_extractor.feature_extractor.6.%d.conv1.weight";
    int blocks = 0;
    while (names.contains(layer3.formatted(blocks))) {
      blocks++;
    }
    boolean bottleneck = names.contains(layer3.formatted(0).replace("conv1", "conv3"));
    return switch (blocks) {
      case 2 -> 18;
      case 6 -> bottleneck ? 50 : 34;
      case 23 -> 101;
      case 36 -> 152;
      default -> throw new IllegalArgumentException("%d blocks in layer3".formatted(blocks));
    };
  }

  /**
   * For example {@code feature_extractor.feature_extractor.6.0.bn3} to {@code backbone.layer3...}.
   */
  private static String resNetLayer(String torch) {
    String layer =
        torch
            .replaceFirst("^feature_extractor\\.feature_extractor\\.0$", "stem.conv")
            .replaceFirst("^feature_extractor\\.feature_extractor\\.1$", "stem.bn")
            .replaceFirst("^feature_extractor\\.feature_extractor\\.4", "layer1")
            .replaceFirst("^feature_extractor\\.feature_extractor\\.5", "layer2")
            .replaceFirst("^feature_extractor\\.feature_extractor\\.6", "layer3")
            .replaceFirst("\\.(conv|bn)(\\d)$", ".conv$2.$1")
            .replaceFirst("downsample\\.0$", "downsample.conv")
            .replaceFirst("downsample\\.1$", "downsample.bn")
            .replaceFirst("^additional_blocks\\.(\\d)\\.0$", "extra$1.conv1.conv")
            .replaceFirst("^additional_blocks\\.(\\d)\\.1$", "extra$1.conv1.bn")
            .replaceFirst("^additional_blocks\\.(\\d)\\.3$", "extra$1.conv2.conv")
            .replaceFirst("^additional_blocks\\.(\\d)\\.4$", "extra$1.conv2.bn");
    return "backbone." + layer;
  }

  /** Our name of a parameter or buffer outside of the heads. */
  String ours(String torch) {
    int dot = torch.lastIndexOf('.');
    String last = torch.substring(dot + 1);
    return backbone.apply(torch.substring(0, dot))
        + "."
        + (last.equals("scale_weight") ? "scale" : last);
  }

  /** The row in our head of each row of a class head of theirs. */
  int[] classRows(HeadLayout layout) {
    int perCell = layout.priorsPerCell();
    int[] rows = new int[perCell * layout.classes()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = shapeMajor ? layout.logit(i % perCell, i / perCell) : i;
    }
    return rows;
  }

  /** The row in our head, or box head, of each row of a box head of theirs. */
  int[] boxRows(HeadLayout layout) {
    int perCell = layout.priorsPerCell();
    int[] rows = new int[perCell * 4];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = shapeMajor ? layout.offset(i % perCell, i / perCell) : layout.offset(0, i);
      if (!boxRows.isEmpty()) {
        rows[i] -= layout.offset(0, 0);
      }
    }
    return rows;
  }
}
