package dev.multibox.data;

import dev.multibox.backend.Checks;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * The images of one split, with the categories their objects may have.
 *
 * @param name for messages, for example {@code voc2007 train}
 * @param categories names in the order of {@link Annotation#category}, each once
 * @param categoryIds the numbers metrics know the categories by, in the same order: those of a COCO
 *     file, which may have gaps, else {@link Annotation#label}
 * @param images in the order of the split
 * @param remarks one line on each kind of thing a reader bent to fit or left out
 */
public record Dataset(
    String name,
    List<String> categories,
    List<Integer> categoryIds,
    List<ImageRecord> images,
    List<String> remarks) {

  /** What torchvision calls a class that no category has, as those of COCO's gaps. */
  public static final String UNUSED = "N/A";

  public Dataset {
    categories = List.copyOf(categories);
    categoryIds = List.copyOf(categoryIds);
    images = List.copyOf(images);
    remarks = List.copyOf(remarks);
    Checks.require(
        "dataset",
        categoryIds.size() == categories.size(),
        "%d ids for %d categories",
        categoryIds.size(),
        categories.size());
  }

  /** A data set whose categories are numbered from 1. */
  public Dataset(String name, List<String> categories, List<ImageRecord> images) {
    this(
        name,
        categories,
        IntStream.rangeClosed(1, categories.size()).boxed().toList(),
        images,
        List.of());
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

  /** The most bytes that {@code count} decoded images can take, each aligned as a tensor is. */
  public long largestBytes(int count) {
    return images.stream()
        .mapToLong(image -> TensorArena.padded(3L * image.width() * image.height()))
        .sorted()
        .skip(Math.max(0, images.size() - count))
        .sum();
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

  /** The same with these remarks. */
  Dataset with(List<String> newRemarks) {
    return new Dataset(name, categories, categoryIds, images, newRemarks);
  }

  /** The same without the images that have no object; a remark says how many that were. */
  public Dataset withObjects() {
    return only(image -> !image.objects().isEmpty(), "object");
  }

  /** The images that have {@code what}; a remark says how many have not. */
  Dataset only(Predicate<ImageRecord> has, String what) {
    List<ImageRecord> with = images.stream().filter(has).toList();
    if (with.size() == images.size()) {
      return this;
    }
    List<String> newRemarks = new ArrayList<>(remarks);
    newRemarks.add(
        "%d of %d images have no %s and are left out"
            .formatted(images.size() - with.size(), images.size(), what));
    return part(name, with).with(newRemarks);
  }

  /** These images of it, under another name. */
  public Dataset part(String partName, List<ImageRecord> part) {
    return new Dataset(partName, categories, categoryIds, part, remarks);
  }

  /** The images {@code [from, to)} under another name. */
  public Dataset part(String partName, int from, int to) {
    return part(partName, images.subList(from, to));
  }

  /**
   * What this has and {@code others} lack, and the reverse; empty if both name the same. {@link
   * #UNUSED} is lacked by nobody.
   */
  public String categoriesUnlike(List<String> others) {
    TreeSet<String> besides = new TreeSet<>(categories);
    others.forEach(besides::remove);
    TreeSet<String> lacking = new TreeSet<>(others);
    categories.forEach(lacking::remove);
    lacking.remove(UNUSED);
    List<String> differences = new ArrayList<>();
    if (!besides.isEmpty()) {
      differences.add("has " + String.join(", ", besides) + " besides");
    }
    if (!lacking.isEmpty()) {
      differences.add("lacks " + String.join(", ", lacking));
    }
    return String.join(" and ", differences);
  }

  /**
   * The same with its categories in another order. {@link #UNUSED} ones have no objects, and
   * numbers above all others.
   *
   * @throws IllegalArgumentException if {@link #categoriesUnlike} finds a difference
   */
  public Dataset inOrder(List<String> order) {
    if (order.equals(categories)) {
      return this;
    }
    String unlike = categoriesUnlike(order);
    Checks.require("dataset", unlike.isEmpty(), "%s %s", name, unlike);
    int[] places = categories.stream().mapToInt(order::indexOf).toArray();
    int above = categoryIds.stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
    Integer[] ids = new Integer[order.size()];
    Arrays.setAll(ids, place -> above + place);
    for (int i = 0; i < places.length; i++) {
      ids[places[i]] = categoryIds.get(i);
    }
    List<ImageRecord> moved = images.stream().map(image -> image.moved(places)).toList();
    return new Dataset(name, order, List.of(ids), moved, remarks);
  }
}
