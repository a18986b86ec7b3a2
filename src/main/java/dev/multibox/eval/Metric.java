package dev.multibox.eval;

/** The published ways to measure detections, by the names a user knows them by. */
public enum Metric {
  /** The twelve numbers of COCO. */
  COCO,
  /** VOC's mean average precision at eleven recalls. */
  VOC07,
  /** VOC's mean average precision as an area. */
  VOC10
}
