package dev.multibox.eval;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What {@link VocMetric} found, in the form of {@code eval --json}.
 *
 * @param meanAveragePrecision the mean over the categories that have an object to find; null if
 *     none has
 * @param perCategory by category id, every category
 */
public record VocResult(
    @JsonProperty("mAP") @Nullable Double meanAveragePrecision,
    @JsonProperty("per_category") SortedMap<Integer, Category> perCategory) {

  /**
   * One category.
   *
   * @param averagePrecision null if {@code positives} is 0: such a category is left out of the mean
   * @param positives objects to find, difficult ones not among them
   * @param detections all detections of the category
   * @param truePositives detections that found an object first
   * @param falsePositives detections that found none, or one found before; difficult objects count
   *     neither way
   */
  public record Category(
      @JsonProperty("AP") @Nullable Double averagePrecision,
      @JsonProperty("positives") int positives,
      @JsonProperty("detections") int detections,
      @JsonProperty("true_positives") int truePositives,
      @JsonProperty("false_positives") int falsePositives) {}
}
