package dev.multibox;

import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts a data set in VOC's layout into COCO's as well. */
public final class TestCoco {
  /** What ids of categories are apart, so that they are no classes by chance. */
  public static final int ID_STEP = 10;

  private static final Pattern OBJECT =
      Pattern.compile(
          "(?s)<object>.*?<name>(.*?)</name>.*?<xmin>(\\d+)</xmin>.*?<ymin>(\\d+)</ymin>"
              + ".*?<xmax>(\\d+)</xmax>.*?<ymax>(\\d+)</ymax>");

  private TestCoco() {}

  /**
   * Writes an annotation file for the images of {@code voc}, where they are. The boxes are read
   * from the files of {@code Annotations}: x and y count from 0 here, and sizes stand for far
   * edges.
   */
  public static void write(Dataset voc, Path file) throws IOException {
    List<String> categories = new ArrayList<>();
    for (String category : voc.categories()) {
      categories.add(
          "{\"id\":%d,\"name\":\"%s\"}".formatted(ID_STEP * (categories.size() + 1), category));
    }
    List<String> images = new ArrayList<>();
    List<String> annotations = new ArrayList<>();
    for (ImageRecord image : voc.images()) {
      images.add("{\"id\":%d,\"file_name\":\"%s\"}".formatted(images.size() + 1, image.file()));
      Path annotation =
          image.file().resolveSibling("../Annotations/" + image.id() + ".xml").normalize();
      Matcher object = OBJECT.matcher(Files.readString(annotation));
      while (object.find()) {
        int category = ID_STEP * (voc.categories().indexOf(object.group(1)) + 1);
        annotations.add(annotation(annotations.size() + 1, images.size(), category, object));
      }
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file,
        "{\"images\":%s,\"annotations\":%s,\"categories\":%s}"
            .formatted(images, annotations, categories));
  }

  private static String annotation(int id, int image, int category, Matcher object) {
    int left = Integer.parseInt(object.group(2)) - 1;
    int top = Integer.parseInt(object.group(3)) - 1;
    int width = Integer.parseInt(object.group(4)) - left;
    int height = Integer.parseInt(object.group(5)) - top;
    return "{\"id\":%d,\"image_id\":%d,\"category_id\":%d,\"bbox\":[%d,%d,%d,%d],\"area\":%d}"
        .formatted(id, image, category, left, top, width, height, width * height);
  }
}
