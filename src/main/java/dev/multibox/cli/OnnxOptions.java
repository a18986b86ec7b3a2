package dev.multibox.cli;

import dev.multibox.backend.NmsParams;
import dev.multibox.model.SsdDefinition;
import dev.multibox.onnx.OnnxForm;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code convert} can be told about an ONNX file. */
final class OnnxOptions {
  @Option(
      names = "--with-nms",
      description = "ONNX: put decoding and suppression inside, to give boxes, scores and labels.")
  private boolean withNms;

  @Option(
      names = "--score-threshold",
      paramLabel = "S",
      description = "With --with-nms: leave detections with a lower score out (the model's own).")
  private @Nullable Float scoreThreshold;

  @Option(
      names = "--iou-threshold",
      paramLabel = "T",
      description =
          "With --with-nms: overlap at which the lesser of two boxes goes (the model's own).")
  private @Nullable Float iouThreshold;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "With --with-nms: most detections on an image (the model's own).")
  private @Nullable Integer topK;

  @Option(
      names = "--with-normalisation",
      description = "ONNX: take RGB from 0 to 255 and normalise inside.")
  private boolean withNormalisation;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "ONNX: the size of its images (that of the checkpoint, else the model's own).")
  private @Nullable String inputSize;

  /**
   * Refuses options that would do nothing, or have no meaning.
   *
   * @param onnx whether an ONNX file is written at all
   */
  void check(boolean onnx) {
    if (!onnx) {
      requireUnused("--with-nms", withNms, "OUT is no .onnx file");
      requireUnused("--with-normalisation", withNormalisation, "OUT is no .onnx file");
      requireUnused("--input-size", inputSize != null, "OUT is no .onnx file");
    }
    if (!withNms) {
      String missing = "--with-nms is not given";
      requireUnused("--score-threshold", scoreThreshold != null, missing);
      requireUnused("--iou-threshold", iouThreshold != null, missing);
      requireUnused("--top-k", topK != null, missing);
    }
    requireUnit("--score-threshold", scoreThreshold);
    requireUnit("--iou-threshold", iouThreshold);
    if (topK != null && topK < 1) {
      throw UserError.of("--top-k: was %d, wanted at least 1", topK);
    }
  }

  private static void requireUnused(String option, boolean given, String why) {
    if (given) {
      throw UserError.of("%s: would change nothing, since %s; leave it out", option, why);
    }
  }

  private static void requireUnit(String option, @Nullable Float value) {
    if (value != null && !(value >= 0 && value <= 1)) {
      throw UserError.of("%s: was %s, wanted 0 to 1", option, value);
    }
  }

  /** What to write of a model whose own suppression is {@code ofModel}. */
  OnnxForm form(NmsParams ofModel) {
    if (!withNms) {
      return new OnnxForm(withNormalisation, null);
    }
    NmsParams params =
        ofModel.withThresholds(
            scoreThreshold == null ? ofModel.scoreThreshold() : scoreThreshold,
            iouThreshold == null ? ofModel.iouThreshold() : iouThreshold);
    return new OnnxForm(withNormalisation, topK == null ? params : params.withTopK(topK));
  }

  /** The size that is named, or {@code otherwise}. */
  InputSize size(SsdDefinition definition, InputSize otherwise) {
    return inputSize == null ? otherwise : InputSize.parse(inputSize, definition);
  }
}
