package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One data set in both layouts. */
class LayoutsTest {
  private static final Pattern OBJECT =
      Pattern.compile(
          "(?s)<object>.*?<name>(.*?)</name>.*?<xmin>(\\d+)</xmin>.*?<ymin>(\\d+)</ymin>"
              + ".*?<xmax>(\\d+)</xmax>.*?<ymax>(\\d+)</ymax>");

  @TempDir private Path folder;

  @Test
  void eitherLayoutGivesTheSameBoxes() throws IOException {
    new ShapesGenerator(1).write(folder.resolve("voc"), new ShapesGenerator.Counts(8, 0, 0), 64);
    Dataset voc = DatasetReader.open(folder.resolve("voc")).read("train");
    writeCoco(voc);
    Dataset coco = DatasetReader.open(folder.resolve("coco")).read("train");

    assertThat(voc.objectCount()).isPositive();
    assertThat(coco.categories()).isEqualTo(voc.categories());
    assertThat(coco.images())
        .extracting(ImageRecord::objects)
        .isEqualTo(voc.images().stream().map(ImageRecord::objects).toList());
    assertThat(coco.images())
        .extracting(ImageRecord::file)
        .isEqualTo(voc.images().stream().map(ImageRecord::file).toList());
  }

  /** What the files of Annotations say, with x and y from 0 and sizes for the far edges. */
  private void writeCoco(Dataset voc) throws IOException {
    List<Map<String, Object>> categories = new ArrayList<>();
    for (String category : voc.categories()) {
      categories.add(Map.of("id", 10 * categories.size(), "name", category));
    }
    List<Map<String, Object>> images = new ArrayList<>();
    List<Map<String, Object>> annotations = new ArrayList<>();
    for (ImageRecord image : voc.images()) {
      int id = images.size();
      images.add(Map.of("id", id, "file_name", image.file().toString()));
      Matcher object =
          OBJECT.matcher(
              Files.readString(folder.resolve("voc/Annotations/" + image.id() + ".xml")));
      while (object.find()) {
        int left = Integer.parseInt(object.group(2)) - 1;
        int top = Integer.parseInt(object.group(3)) - 1;
        int width = Integer.parseInt(object.group(4)) - left;
        int height = Integer.parseInt(object.group(5)) - top;
        annotations.add(
            Map.of(
                "id",
                annotations.size(),
                "image_id",
                id,
                "category_id",
                10 * voc.categories().indexOf(object.group(1)),
                "bbox",
                List.of(left, top, width, height),
                "area",
                width * height));
      }
    }
    Path file = Files.createDirectories(folder.resolve("coco/annotations")).resolve("train.json");
    new JsonMapper()
        .writeValue(
            file.toFile(),
            Map.of("images", images, "annotations", annotations, "categories", categories));
  }
}
