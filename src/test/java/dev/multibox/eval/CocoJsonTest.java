package dev.multibox.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoJsonTest {
  private static final String ANNOTATIONS =
      """
      {"info": {"year": 2017, "list": [1, {"a": []}]},
       "annotations": [
        {"id": 4, "image_id": 3, "category_id": 18, "bbox": [1, 2.5, 3, 4], "area": 11.25,
         "iscrowd": 1, "segmentation": {"counts": [1, 2], "size": [3, 4]}},
        {"id": 5, "image_id": 3, "category_id": 18, "bbox": [0, 0, 1, 1], "area": 1}],
       "images": [{"id": 3, "file_name": "3.jpg"}, {"id": 4.0}],
       "categories": [{"id": 18, "name": "dog"}]}
      """;

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("coco.json");
  }

  @Test
  void readsAnnotationsWithTheListsInAnyOrder() throws IOException {
    Files.writeString(file, ANNOTATIONS);
    GroundTruth truth = CocoJson.readAnnotations(file);
    assertThat(truth.imageIds()).containsExactly(3L, 4L);
    assertThat(truth.categories()).isEqualTo(Map.of(18, "dog"));
    assertThat(truth.objects())
        .containsExactly(
            new GroundTruthObject(4, 3, 18, 1, 2.5, 3, 4, 11.25, true, false),
            new GroundTruthObject(5, 3, 18, 0, 0, 1, 1, 1, false, false));
  }

  @Test
  void readsDetections() throws IOException {
    Files.writeString(
        file,
        """
        [{"image_id": 3, "category_id": 18, "bbox": [0.1, 2, 3, 4e0], "score": 0.236},
         {"score": 1, "bbox": [0, 0, 0, 0], "category_id": 99, "image_id": 3.0}]
        """);
    assertThat(CocoJson.readDetections(file, truth()))
        .containsExactly(
            new DetectedObject(3, 18, 0.1, 2, 3, 4, 0.236),
            new DetectedObject(3, 99, 0, 0, 0, 0, 1));
  }

  @Test
  void readsAnEmptyListOfDetections() throws IOException {
    Files.writeString(file, "[]");
    assertThat(CocoJson.readDetections(file, truth())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"area\": 11.25, | | 3:3: area was missing, wanted a number",
        "[1, 2.5, 3, 4] | [1, 2.5, 3] | 3:3: bbox was [1,2.5,3], wanted [x, y, width, height]",
        "[1, 2.5, 3, 4] | [1, 2.5, \"3\", 4] | 3:3: bbox was [1,2.5,\"3\",4], wanted",
        "[1, 2.5, 3, 4] | [1, 2.5, 1e999, 4] | 3:3: bbox was",
        "\"id\": 4, | \"id\": 4.5, | 3:3: id was 4.5, wanted a whole number",
        "\"category_id\": 18, \"bbox\": [1 | \"category_id\": 4294967314, \"bbox\": [1 | 3:3:"
            + " category_id was 4294967314, wanted less than 2^31",
        "\"image_id\": 3, \"category_id\": 18, \"bbox\": [1 | \"image_id\": 7, \"category_id\": 18,"
            + " \"bbox\": [1 | annotation 4 is of image 7, which the file does not list",
        "{\"id\": 18, | {\"id\": 19, | annotation 4 is of category 18, which the file does not list",
        "\"id\": 5, | \"id\": 4, | two annotations have the id 4; number them apart",
        "\"categories\" | \"kinds\" | has no list \"categories\"; is it COCO's form?",
        "[{\"id\": 18, \"name\": \"dog\"}]} | {\"id\": 18}} | 7:16: wanted a list",
        "[{\"id\": 18, \"name\": \"dog\"}]} | [18]} | 7:17: wanted an object",
        "\"dog\"}]} | \"dog\"}] | not valid JSON",
      })
  void refusesAnnotationsThatAreWrong(String right, String wrong, String message)
      throws IOException {
    assertThat(ANNOTATIONS).contains(right);
    Files.writeString(
        file,
        ANNOTATIONS.replaceFirst(
            Pattern.quote(right), Matcher.quoteReplacement(wrong == null ? "" : wrong)));
    assertThatIOException()
        .isThrownBy(() -> CocoJson.readAnnotations(file))
        .withMessageStartingWith(file + ":")
        .withMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{\"image_id\": 3, \"category_id\": 18, \"bbox\": [0, 2, 3, 4]}] | :1:2: score was missing,"
            + " wanted a number",
        "[{\"image_id\": 9, \"category_id\": 18, \"bbox\": [0, 2, 3, 4], \"score\": 1}] | :1:2:"
            + " image_id was 9, which the annotations do not list",
        "[{\"image_id\": \"3\", \"category_id\": 18, \"bbox\": [0, 2, 3, 4], \"score\": 1}] | :1:2:"
            + " image_id was \"3\", wanted a number",
        "[{\"image_id\": 3, \"category_id\": 18, \"bbox\": [0, 2, 3, 4], \"score\": NaN}] | not valid"
            + " JSON",
        "{\"annotations\": []} | :1:1: wanted a list",
        "[{\"image_id\": 3, | not valid JSON",
      })
  void refusesDetectionsThatAreWrong(String content, String message) throws IOException {
    Files.writeString(file, content);
    assertThatIOException()
        .isThrownBy(() -> CocoJson.readDetections(file, truth()))
        .withMessageStartingWith(file + ":")
        .withMessageContaining(message);
  }

  @Test
  void refusesAFileThatEndsAnywhere() throws IOException {
    String whole = ANNOTATIONS.strip();
    for (int length = 0; length < whole.length(); length++) {
      Files.writeString(file, whole.substring(0, length));
      assertThatIOException()
          .describedAs("the first %d characters", length)
          .isThrownBy(() -> CocoJson.readAnnotations(file))
          .withMessageStartingWith(file + ":");
    }
  }

  private static GroundTruth truth() {
    return new GroundTruth(new TreeSet<>(List.of(3L)), new TreeMap<>(Map.of(18, "dog")), List.of());
  }
}
