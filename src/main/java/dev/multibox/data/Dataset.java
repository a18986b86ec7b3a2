package dev.multibox.data;

import java.util.List;

/**
 * The images of one split, with the categories their objects may have.
 *
 * @param name for messages, for example {@code voc2007 train}
 * @param categories names in the order of {@link Annotation#category}; the same for every split of
 *     a folder
 * @param images in the order of the split
 */
public record Dataset(String name, List<String> categories, List<ImageRecord> images) {

  public Dataset {
    categories = List.copyOf(categories);
    images = List.copyOf(images);
  }

  public int size() {
    return images.size();
  }

  /** The number of classes a network for these categories has: one each, and background. */
  public int classes() {
    return categories.size() + 1;
  }

  /** The number of objects on all images. */
  public long objectCount() {
    long count = 0;
    for (ImageRecord image : images) {
      count += image.objects().size();
    }
    return count;
  }

  /** The number of objects on the fullest image, 0 of no images. */
  public int largestObjectCount() {
    int largest = 0;
    for (ImageRecord image : images) {
      largest = Math.max(largest, image.objects().size());
    }
    return largest;
  }

  /** How many objects each category has, in the order of {@link #categories}. */
  public long[] objectsPerCategory() {
    long[] counts = new long[categories.size()];
    for (ImageRecord image : images) {
      for (Annotation object : image.objects()) {
        counts[object.category()]++;
      }
    }
    return counts;
  }

  /** The images {@code [from, to)} under another name. */
  public Dataset part(String partName, int from, int to) {
    return new Dataset(partName, categories, images.subList(from, to));
  }
}
