package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CocoReaderTest {
  private static final String WHOLE =
      """
      {"info": {"year": 2017, "list": [1, {"a": []}]},
       "annotations": [
        {"id": 4, "image_id": 31, "category_id": 90, "bbox": [10, 20.5, 30, 40], "area": 600.25,
         "iscrowd": 0, "segmentation": [[10, 20, 30, 40, 50, 60]]},
        {"id": 5, "image_id": 31, "category_id": 18, "bbox": [0, 0, 100, 80], "area": 7000,
         "iscrowd": 1, "segmentation": {"counts": [1, 2], "size": [100, 80]}},
        {"id": 6, "image_id": 7.0, "category_id": 18, "bbox": [0, 1, 2, 3]}],
       "images": [{"id": 31, "file_name": "b.jpg", "width": 100, "height": 80},
                  {"id": 7, "file_name": "a.jpg"},
                  {"id": 8, "file_name": "c.jpg", "width": 100, "height": 80}],
       "categories": [{"id": 90, "name": "toothbrush", "supercategory": "indoor"},
                      {"id": 18, "name": "dog"}, {"id": 20, "name": "sheep"}]}
      """;

  @TempDir private Path folder;

  @Test
  void readsBoxesCrowdsAndImagesWithoutObjects() throws IOException {
    write("annotations/instances_train2017.json", WHOLE);
    images("train2017");

    DatasetReader reader = DatasetReader.open(folder);
    assertThat(reader.splits()).containsExactly("train2017");
    assertThat(reader.find("train")).contains("train2017");
    Dataset dataset = reader.read("train2017");

    assertThat(dataset.images()).extracting(ImageRecord::id).containsExactly("7", "8", "31");
    assertThat(dataset.images())
        .extracting(ImageRecord::file)
        .containsExactly(
            folder.resolve("train2017/a.jpg"),
            folder.resolve("train2017/c.jpg"),
            folder.resolve("train2017/b.jpg"));
    assertThat(dataset.images().get(0).width()).isEqualTo(100);
    assertThat(dataset.images().get(0).objects())
        .containsExactly(new Annotation(0, 0, 1, 2, 4, false, false, 6));
    assertThat(dataset.images().get(1).objects()).isEmpty();
    assertThat(dataset.images().get(2).objects())
        .containsExactly(
            new Annotation(2, 10, 20.5f, 40, 60.5f, false, false, 600.25),
            new Annotation(0, 0, 0, 100, 80, false, true, 7000));
    assertThat(dataset.remarks()).isEmpty();
  }

  @Test
  void categoriesAreThoseOfTheFileByIdWhichMayHaveGaps() throws IOException {
    write("annotations/instances_train2017.json", WHOLE);
    images("train2017");
    Dataset dataset = DatasetReader.open(folder).read("train2017");
    assertThat(dataset.categories()).containsExactly("dog", "sheep", "toothbrush");
    assertThat(dataset.categoryIds()).containsExactly(18, 20, 90);
    assertThat(dataset.classes()).isEqualTo(4);

    Dataset turned = dataset.inOrder(List.of("toothbrush", "dog", "sheep"));
    assertThat(turned.categoryIds()).containsExactly(90, 18, 20);
    assertThat(turned.images().get(2).objects())
        .extracting(Annotation::category)
        .containsExactly(0, 1);
    assertThat(dataset.categoriesUnlike(List.of("cat", "dog")))
        .isEqualTo("has sheep, toothbrush besides and lacks cat");

    Dataset withGaps =
        dataset.inOrder(List.of("dog", Dataset.UNUSED, "sheep", Dataset.UNUSED, "toothbrush"));
    assertThat(withGaps.categoryIds()).containsExactly(18, 92, 20, 94, 90);
    assertThat(withGaps.images().get(2).objects())
        .extracting(Annotation::category)
        .containsExactly(4, 0);
  }

  @Test
  void splitsOfOtherCategoryOrdersGoTogether() throws IOException {
    write("annotations/train.json", WHOLE);
    write(
        "annotations/val.json",
        WHOLE
            .replace("\"name\": \"dog\"", "\"name\": \"!\"")
            .replace("\"toothbrush\"", "\"dog\"")
            .replace("\"!\"", "\"toothbrush\""));
    images("images");
    Splits splits = Splits.choose(DatasetReader.open(folder), null, null, 1);
    assertThat(splits.description())
        .isEqualTo("training on split train, validating on split val (3 images)");
    assertThat(splits.train().categories()).containsExactly("dog", "sheep", "toothbrush");
    assertThat(splits.validation().categories()).isEqualTo(splits.train().categories());
    assertThat(splits.validation().categoryIds()).containsExactly(90, 20, 18);
    assertThat(splits.validation().images().getFirst().objects().getFirst().category())
        .isEqualTo(2);

    write("annotations/val.json", WHOLE.replace("sheep", "cow"));
    assertThatThrownBy(() -> Splits.choose(DatasetReader.open(folder), null, null, 1))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith(
            ": split val has cow besides and lacks sheep, unlike split train; list the same"
                + " categories for both");
  }

  @ParameterizedTest
  @CsvSource({
    "instances_val2017 captions_val2017 person_keypoints_train2017, val2017",
    "train val test, test train val",
    "coco_train coco_val licences, train val",
    "my-data.train2012 image_info_test-dev2012, test-dev2012 train2012",
    "mine, mine",
    "a b, a b",
  })
  void splitsAreNamedByTheirFiles(String stems, String splits) throws IOException {
    for (String stem : stems.split(" ", -1)) {
      write("annotations/" + stem + ".json", "");
    }
    assertThat(CocoReader.open(folder).splits()).containsExactly(splits.split(" ", -1));
  }

  @Test
  void refusesTwoFilesOfOneSplit() throws IOException {
    write("annotations/a_train.json", "");
    write("annotations/b_train.json", "");
    assertThatThrownBy(() -> CocoReader.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("b_train.json: is split train as ")
        .hasMessageEndingWith("; name one with --annotations FILE --images DIR");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "images",
        "train",
        "train2017",
        "images/train",
        "images/train2017",
        "JPEGImages",
        ".",
        "annotations"
      })
  void findsTheImages(String place) throws IOException {
    write("annotations/train.json", WHOLE);
    images(place);
    assertThat(CocoReader.open(folder).read("train").images().getFirst().file())
        .isEqualTo(folder.resolve(place).resolve("a.jpg").normalize());
  }

  @Test
  void fileNamesMayHoldFolders() throws IOException {
    write("annotations/train.json", WHOLE.replaceAll("\"(.)\\.jpg\"", "\"deep/$1.jpg\""));
    images("images/deep");
    assertThat(CocoReader.open(folder).read("train").size()).isEqualTo(3);
  }

  @Test
  void readsFilesNamedOneByOne() throws IOException {
    Path file = write("else/anno.json", WHOLE);
    images("photos");
    CocoReader reader = CocoReader.of(List.of(file), folder.resolve("photos"));
    assertThat(reader.splits()).containsExactly(file.toString());
    assertThat(reader.read(file.toString()).size()).isEqualTo(3);
    assertThatThrownBy(() -> CocoReader.of(List.of(folder.resolve("ghost.json")), folder))
        .hasMessage(
            folder.resolve("ghost.json") + ": no such file; name a file of COCO annotations");
    assertThatThrownBy(() -> CocoReader.of(List.of(file), folder.resolve("ghost")))
        .hasMessage(folder.resolve("ghost") + ": no such folder; name that of the images");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [10, 20.5, 30, 40] | [10, 20.5, 0, 40]   | :3:3: annotation 4 of b.jpg with bbox [10.0, 20.5, 0.0, 40.0]: width <= 0; correct the box or remove the annotation
          [10, 20.5, 30, 40] | [10, 20.5, 30, -4]  | :3:3: annotation 4 of b.jpg with bbox [10.0, 20.5, 30.0, -4.0]: height <= 0
          [10, 20.5, 30, 40] | [10, 20.5, 92, 40]  | annotation 4 of b.jpg with bbox [10.0, 20.5, 92.0, 40.0]: reaches out of the image of 100 x 80
          [10, 20.5, 30, 40] | [-2, 20.5, 30, 40]  | reaches out of the image of 100 x 80
          [10, 20.5, 30, 40] | [100.5, 20, 0.5, 9] | covers nothing of the image of 100 x 80
          [10, 20.5, 30, 40] | [10, 20.5, 30]      | :3:3: bbox was [10,20.5,30], wanted [x, y, width, height]
          "area": 600.25     | "area": -1          | :3:3: area was -1.0, wanted at least 0
          "image_id": 7.0    | "image_id": 99      | :7:3: annotation 6 is of image 99, which the file does not list; remove it
          "category_id": 90  | "category_id": 91   | :3:3: annotation 4 is of category 91, which the file does not list; add the category
          "id": 5            | "id": 4             | :5:3: annotation 4 has the id of another; number them apart
          """)
  void badObjectsAreNamedByFileLineAndId(String right, String wrong, String message)
      throws IOException {
    Path file = write("annotations/train.json", WHOLE.replace(right, wrong));
    images("images");
    assertThat(Files.readString(file)).isNotEqualTo(WHOLE);
    DatasetReader reader = DatasetReader.open(folder);
    assertThatThrownBy(() -> reader.read("train"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ":")
        .hasMessageContaining(message);
    List<String> faults = new ArrayList<>();
    assertThat(reader.read("train", Faults.into(faults)).objectCount()).isEqualTo(2);
    assertThat(faults).singleElement().asString().contains(message);
    assertThat(reader.read("train", Faults.OBJECTS_LEFT_OUT).remarks())
        .containsExactly("1 times: bad object left out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "id": 8,             | "id": 7,            | :10:13: a second image has the id 7; number them apart
          "file_name": "c.jpg" | "name": "c.jpg"     | :10:13: image 8 has no file_name; name its file
          "file_name": "c.jpg" | "file_name": "d"    | /images/d; restore it or remove the image
          "id": 20             | "id": 18            | :12:44: category 18, sheep, has the id or the name of another
          "sheep"              | "dog"               | :12:44: category 20, dog, has the id or the name of another
          "name": "sheep"      | "label": "sheep"    | :12:44: category 20 has no name; give it one
          "images":            | "pictures":         | : has no list "images"; is it COCO's form?
          "sheep"}]}           | "sheep"}]           | not valid JSON (
          """)
  void otherFaultsAreNamedToo(String right, String wrong, String message) throws IOException {
    Path file = write("annotations/train.json", WHOLE.replace(right, wrong));
    images("images");
    assertThat(Files.readString(file)).isNotEqualTo(WHOLE);
    DatasetReader reader = DatasetReader.open(folder);
    for (Faults faults : List.of(Faults.REFUSED, Faults.OBJECTS_LEFT_OUT)) {
      assertThatThrownBy(() -> reader.read("train", faults))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(file + ":")
          .hasMessageContaining(message);
    }
    List<String> faults = new ArrayList<>();
    reader.read("train", Faults.into(faults));
    assertThat(faults.getFirst()).contains(message);
  }

  @Test
  void refusesAFolderWithoutTheImages() throws IOException {
    Path file = write("annotations/train.json", WHOLE);
    assertThatThrownBy(() -> CocoReader.open(folder).read("train"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": none of its 3 images is in " + folder)
        .hasMessageEndingWith("; name their folder with --images DIR");
    assertThatThrownBy(() -> CocoReader.open(folder).read("val"))
        .hasMessage(folder + ": there is no split val; there are train");
  }

  @Test
  void refusesAFileThatEndsAnywhere() throws IOException {
    images("images");
    String whole = WHOLE.strip();
    for (int length = 0; length < whole.length(); length += 7) {
      Path file = write("annotations/train.json", whole.substring(0, length));
      List<String> faults = new ArrayList<>();
      CocoReader.open(folder).read("train", Faults.into(faults));
      assertThat(faults).describedAs("the first %d characters", length).isNotEmpty();
      assertThat(faults.getFirst()).startsWith(file + ":");
    }
  }

  private Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private void images(String place) throws IOException {
    for (String name : List.of("a.jpg", "b.jpg", "c.jpg")) {
      TestImages.write(folder.resolve(place).normalize().resolve(name), 100, 80);
    }
  }
}
