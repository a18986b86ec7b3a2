package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.TestCoco;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One data set in both layouts. */
class LayoutsTest {
  @TempDir private Path folder;

  @Test
  void eitherLayoutGivesTheSameBoxes() throws IOException {
    new ShapesGenerator(1).write(folder.resolve("voc"), new ShapesGenerator.Counts(8, 0, 0), 64);
    Dataset voc = DatasetReader.open(folder.resolve("voc")).read("train");
    TestCoco.write(voc, folder.resolve("coco/annotations/train.json"));
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
}
