package dev.multibox.eval;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What detections are measured against.
 *
 * @param imageIds the images that count, those without an object among them
 * @param categories the names of the categories that count by id
 * @param objects the annotations; those of other images or categories are left out of account
 */
public record GroundTruth(
    SortedSet<Long> imageIds,
    SortedMap<Integer, String> categories,
    List<GroundTruthObject> objects) {

  public GroundTruth {
    imageIds = Collections.unmodifiableSortedSet(new TreeSet<>(imageIds));
    categories = Collections.unmodifiableSortedMap(new TreeMap<>(categories));
    objects = List.copyOf(objects);
  }

  /**
   * The same with these images alone.
   *
   * @throws IllegalArgumentException if one is not among the images
   */
  public GroundTruth withImages(Collection<Long> subset) {
    requireKnown("image", subset, imageIds);
    return new GroundTruth(new TreeSet<>(subset), categories, objects);
  }

  /**
   * The same with these categories alone.
   *
   * @throws IllegalArgumentException if one is not among the categories
   */
  public GroundTruth withCategories(Collection<Integer> subset) {
    requireKnown("category", subset, categories.keySet());
    SortedMap<Integer, String> kept = new TreeMap<>(categories);
    kept.keySet().retainAll(Set.copyOf(subset));
    return new GroundTruth(imageIds, kept, objects);
  }

  private static <T> void requireKnown(String what, Collection<T> subset, Set<T> known) {
    for (T id : subset) {
      if (!known.contains(id)) {
        throw new IllegalArgumentException(
            "ground truth: %s %s was wanted, but is not in the data set".formatted(what, id));
      }
    }
  }
}
