package dev.multibox.eval;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.SortedMap;

/**
 * What {@link CocoMetric} found, in the form of {@code eval --json}.
 *
 * @param numbers the twelve numbers; {@value CocoCurves#ABSENT} where there is nothing to find
 * @param perCategory the same by category id, every category
 * @param curves what the numbers are means of; categories in the order of {@code perCategory}
 */
public record CocoResult(
    @JsonAnyGetter Map<CocoNumber, Double> numbers,
    @JsonProperty("per_category") SortedMap<Integer, Map<CocoNumber, Double>> perCategory,
    @JsonIgnore CocoCurves curves) {}
