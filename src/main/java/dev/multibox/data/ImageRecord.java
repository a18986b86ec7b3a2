package dev.multibox.data;

import java.nio.file.Path;
import java.util.List;

/**
 * One image of a data set and what is on it; an image without objects is legal.
 *
 * @param id the name the data set gives it, unique within it
 * @param file where its pixels are
 * @param width in pixels, as stored
 * @param height in pixels, as stored
 * @param objects in the order of the annotation
 */
public record ImageRecord(String id, Path file, int width, int height, List<Annotation> objects) {

  public ImageRecord {
    objects = List.copyOf(objects);
  }

  /** The same with category {@code c} at {@code places[c]}. */
  ImageRecord moved(int[] places) {
    return new ImageRecord(
        id,
        file,
        width,
        height,
        objects.stream().map(object -> object.of(places[object.category()])).toList());
  }
}
