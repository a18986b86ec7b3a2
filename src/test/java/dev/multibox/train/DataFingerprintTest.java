package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.Annotation;
import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataFingerprintTest {
  private static final Annotation BOX = new Annotation(0, 1, 2, 3, 4, false, false, 4);

  private static Dataset dataset(String category, String id, Annotation... objects) {
    ImageRecord image = new ImageRecord(id, Path.of(id + ".jpg"), 10, 20, List.of(objects));
    return new Dataset("any", List.of(category, "dog"), List.of(image));
  }

  @Test
  void countsAndIsTheSameForTheSameData() {
    assertThat(DataFingerprint.of(dataset("cat", "a", BOX)))
        .startsWith("1 images with 1 objects of 2 categories (")
        .isEqualTo(DataFingerprint.of(dataset("cat", "a", BOX)));
  }

  @Test
  void tellsWhatATrainingStepCouldTell() {
    assertThat(
            List.of(
                DataFingerprint.of(dataset("cat", "a", BOX)),
                DataFingerprint.of(dataset("cow", "a", BOX)),
                DataFingerprint.of(dataset("cat", "b", BOX)),
                DataFingerprint.of(
                    dataset("cat", "a", new Annotation(1, 1, 2, 3, 4, false, false, 4))),
                DataFingerprint.of(
                    dataset("cat", "a", new Annotation(0, 1, 2, 3, 5, false, false, 4))),
                DataFingerprint.of(
                    dataset("cat", "a", new Annotation(0, 1, 2, 3, 4, true, false, 4))),
                DataFingerprint.of(
                    dataset("cat", "a", new Annotation(0, 1, 2, 3, 4, false, true, 4)))))
        .doesNotHaveDuplicates();
  }
}
