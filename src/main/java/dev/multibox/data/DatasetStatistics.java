package dev.multibox.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a data set is made of.
 *
 * @param images how many there are
 * @param empty how many of them have no object
 * @param objects on all images together
 * @param most objects on one image
 * @param crowd how many objects are crowds
 * @param difficult how many objects are difficult
 * @param small how many objects have less than 32² pixels
 * @param medium how many have more than small ones and less than 96²
 * @param large how many have more
 * @param categories how many objects each has
 * @param width of the images, in pixels
 * @param height of the images, in pixels
 * @param aspect width by height of the boxes
 */
public record DatasetStatistics(
    int images,
    int empty,
    long objects,
    int most,
    long crowd,
    long difficult,
    long small,
    long medium,
    long large,
    Map<String, Long> categories,
    Spread width,
    Spread height,
    Spread aspect) {
  private static final double SMALL = 32 * 32;
  private static final double MEDIUM = 96 * 96;

  /** The smallest of some numbers, the one in the middle and the largest; 0 of none. */
  public record Spread(double least, double median, double largest) {
    static <T> Spread of(List<T> all, ToDoubleFunction<T> number) {
      double[] sorted = all.stream().mapToDouble(number).toArray();
      if (sorted.length == 0) {
        return new Spread(0, 0, 0);
      }
      Arrays.sort(sorted);
      return new Spread(sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]);
    }
  }

  public static DatasetStatistics of(Dataset dataset) {
    List<Annotation> objects = new ArrayList<>();
    dataset.images().forEach(image -> objects.addAll(image.objects()));
    long small = objects.stream().filter(object -> object.area() < SMALL).count();
    long large = objects.stream().filter(object -> object.area() >= MEDIUM).count();
    Map<String, Long> categories = new LinkedHashMap<>();
    long[] counts = dataset.objectsPerCategory();
    for (int i = 0; i < counts.length; i++) {
      categories.put(dataset.categories().get(i), counts[i]);
    }
    return new DatasetStatistics(
        dataset.size(),
        (int) dataset.images().stream().filter(image -> image.objects().isEmpty()).count(),
        objects.size(),
        dataset.largestObjectCount(),
        objects.stream().filter(Annotation::crowd).count(),
        objects.stream().filter(Annotation::difficult).count(),
        small,
        objects.size() - small - large,
        large,
        categories,
        Spread.of(dataset.images(), ImageRecord::width),
        Spread.of(dataset.images(), ImageRecord::height),
        Spread.of(
            objects,
            object ->
                ((double) object.xmax() - object.xmin())
                    / ((double) object.ymax() - object.ymin())));
  }
}
