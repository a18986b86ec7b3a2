package dev.multibox.eval;

import com.fasterxml.jackson.annotation.JsonValue;

/** The twelve numbers of COCO, in the order pycocotools prints them. */
public enum CocoNumber {
  AP("AP", Curve.PRECISION, CocoCurves.ALL_THRESHOLDS, CocoArea.ALL, 100),
  AP50("AP50", Curve.PRECISION, 0, CocoArea.ALL, 100),
  AP75("AP75", Curve.PRECISION, 5, CocoArea.ALL, 100),
  AP_SMALL("AP_small", Curve.PRECISION, CocoCurves.ALL_THRESHOLDS, CocoArea.SMALL, 100),
  AP_MEDIUM("AP_medium", Curve.PRECISION, CocoCurves.ALL_THRESHOLDS, CocoArea.MEDIUM, 100),
  AP_LARGE("AP_large", Curve.PRECISION, CocoCurves.ALL_THRESHOLDS, CocoArea.LARGE, 100),
  AR_MAX1("AR_max1", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.ALL, 1),
  AR_MAX10("AR_max10", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.ALL, 10),
  AR_MAX100("AR_max100", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.ALL, 100),
  AR_SMALL("AR_small", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.SMALL, 100),
  AR_MEDIUM("AR_medium", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.MEDIUM, 100),
  AR_LARGE("AR_large", Curve.RECALL, CocoCurves.ALL_THRESHOLDS, CocoArea.LARGE, 100);

  enum Curve {
    PRECISION,
    RECALL
  }

  private final String key;
  final Curve curve;
  final int threshold;
  final CocoArea area;
  final int maxDetections;

  CocoNumber(String key, Curve curve, int threshold, CocoArea area, int maxDetections) {
    this.key = key;
    this.curve = curve;
    this.threshold = threshold;
    this.area = area;
    this.maxDetections = maxDetections;
  }

  /** The name in JSON and tables, for example {@code AP_small}. */
  @JsonValue
  public String key() {
    return key;
  }
}
