package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VocReaderTest {
  @TempDir private Path folder;

  @BeforeEach
  void makeFolders() throws IOException {
    Files.createDirectories(folder.resolve("ImageSets/Main"));
    Files.createDirectories(folder.resolve("Annotations"));
    Files.createDirectories(folder.resolve("JPEGImages"));
  }

  @Test
  void readsPixelNumbersFromOneAsContinuousCoordinatesFromZero() throws IOException {
    annotate("a", object("dog", 0, 1, 1, 100, 80));
    annotate("b", object("cat", 1, 11, 21, 30, 41));
    Files.writeString(folder.resolve("ImageSets/Main/train.txt"), "b\na\n");

    Dataset dataset = VocReader.open(folder).read("train");

    assertThat(dataset.categories()).containsExactly("cat", "dog");
    assertThat(dataset.images()).extracting(ImageRecord::id).containsExactly("b", "a");
    assertThat(dataset.images().get(0).objects())
        .containsExactly(new Annotation(0, 10, 20, 30, 41, true, false, 20 * 21));
    assertThat(dataset.images().get(1).objects())
        .containsExactly(new Annotation(1, 0, 0, 100, 80, false, false, 8000));
    assertThat(dataset.images().get(1).file()).isEqualTo(folder.resolve("JPEGImages/a.jpg"));
    assertThat(dataset.largestObjectCount()).isEqualTo(1);
    assertThat(dataset.objectCount()).isEqualTo(2);
    assertThat(dataset.objectsPerCategory()).containsExactly(1, 1);
    assertThat(dataset.classes()).isEqualTo(3);
  }

  @Test
  void categoriesAreThoseOfAllSplits() throws IOException {
    annotate("a", object("dog", 0, 1, 1, 10, 10));
    annotate("b", object("cat", 0, 1, 1, 10, 10));
    list("train", "a");
    list("test", "b");
    VocReader reader = VocReader.open(folder);
    assertThat(reader.splits()).containsExactly("test", "train");
    assertThat(reader.read("train").categories()).isEqualTo(reader.read("test").categories());
  }

  @Test
  void listsOfOneClassAreNoSplits() throws IOException {
    annotate("a", object("train", 0, 1, 1, 10, 10));
    list("train", "a");
    list("train_train", "a  1");
    assertThat(VocReader.open(folder).splits()).containsExactly("train");
    assertThatThrownBy(() -> VocReader.open(folder).read("train_train"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("train_train.txt:1: ")
        .hasMessageContaining("lists of one class are no splits");
  }

  @Test
  void imagesWithoutObjectsAreLegal() throws IOException {
    annotate("a", "");
    list("train", "a");
    Dataset dataset = VocReader.open(folder).read("train");
    assertThat(dataset.images()).hasSize(1);
    assertThat(dataset.largestObjectCount()).isZero();
  }

  @Test
  void boxesOfPartsAreNotTheObjects() throws IOException {
    annotate(
        "a",
        """
        <object>
        <name>person</name>
        <part><name>head</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>
        <bndbox><xmin>5</xmin><ymin>6</ymin><xmax>50</xmax><ymax>60</ymax></bndbox>
        <part><name>foot</name><bndbox><xmin>2</xmin><ymin>2</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></part>
        </object>
        """);
    list("train", "a");
    VocReader reader = VocReader.open(folder);
    assertThat(reader.categories()).containsExactly("person");
    assertThat(reader.read("train").images().getFirst().objects())
        .containsExactly(new Annotation(0, 4, 5, 50, 60, false, false, 46 * 55));
  }

  @Test
  void cutsBoxesThatReachOverTheEdgeByOnePixelAndCountsThem() throws IOException {
    annotate("a", object("dog", 0, 0, 0, 101, 81) + object("dog", 0, 1, 1, 100, 80));
    list("train", "a");
    VocReader reader = VocReader.open(folder);
    Dataset dataset = reader.read("train");
    assertThat(dataset.images().getFirst().objects())
        .containsOnly(new Annotation(0, 0, 0, 100, 80, false, false, 8000));
    assertThat(reader.cutBoxes(dataset)).isEqualTo(1);
  }

  @Test
  void findsTheImageByTheAnnotationsEndingOrByLooking() throws IOException {
    annotate("a", "");
    annotate("b", "");
    Files.delete(folder.resolve("JPEGImages/a.jpg"));
    Files.delete(folder.resolve("JPEGImages/b.jpg"));
    Files.createFile(folder.resolve("JPEGImages/a.bmp"));
    Files.createFile(folder.resolve("JPEGImages/b.png"));
    Path file = folder.resolve("Annotations/a.xml");
    Files.writeString(file, Files.readString(file).replace("a.jpg", "old_name.bmp"));
    list("train", "a", "b");
    assertThat(VocReader.open(folder).read("train").images())
        .extracting(image -> image.file().getFileName().toString())
        .containsExactly("a.bmp", "b.png");
  }

  @ParameterizedTest
  @CsvSource({
    "40, 10, 30, 20, xmax <= xmin",
    "30, 10, 30, 20, xmax <= xmin",
    "10, 20, 30, 20, ymax <= ymin",
    "10, 20, 102, 30, reaches out of the image of 100 x 80",
    "-1, 20, 30, 30, reaches out of the image of 100 x 80",
    "10, 20, 30, 82, reaches out of the image of 100 x 80",
    "101, 20, 101.5, 30, reaches out of the image",
  })
  void refusesBadBoxesWithFileAndLine(
      double xmin, double ymin, double xmax, double ymax, String what) throws IOException {
    annotate("good", object("dog", 0, 1, 1, 10, 10));
    annotate("bad", object("dog", 0, xmin, ymin, xmax, ymax));
    list("train", "good", "bad");
    VocReader reader = VocReader.open(folder);
    String where = folder.resolve("Annotations/bad.xml") + ":7: dog with box";
    assertThatThrownBy(() -> reader.read("train"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(where)
        .hasMessageContaining(what)
        .hasMessageEndingWith("correct the box or remove the object");
    assertThat(VocReader.faults(folder)).singleElement().asString().startsWith(where);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<name>dog</name>|<nom>dog</nom>|:4: object without <name>",
        "<xmax>10.0</xmax>||:7: <bndbox> lacks one of",
        "<xmax>10.0</xmax>|<xmax>ten</xmax>|:8: <xmax> was 'ten', wanted a number",
        "<xmax>10.0</xmax>|<xmax>NaN</xmax>|:8: <xmax> was 'NaN', wanted a number",
        "<width>100</width>||:1: size was 0 x 80",
        "</object>|</objekt>|:9: not well-formed XML",
        "<annotation>|<annotations>|:1: root was <annotations>",
      })
  void refusesBadFilesWithFileAndLine(String replaced) throws IOException {
    String[] parts = replaced.split("\\|", -1);
    annotate("a", object("dog", 0, 1, 1, 10, 10));
    Path file = folder.resolve("Annotations/a.xml");
    String xml = Files.readString(file);
    assertThat(xml).contains(parts[0]);
    Files.writeString(file, xml.replace(parts[0], parts[1]));
    assertThatThrownBy(() -> VocReader.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + parts[2]);
    assertThat(VocReader.faults(folder)).singleElement().asString().startsWith(file + parts[2]);
  }

  @Test
  void neverFollowsExternalEntities() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "told");
    annotate("a", object("&leak;", 0, 1, 1, 10, 10));
    Path file = folder.resolve("Annotations/a.xml");
    String xml = Files.readString(file);
    Files.writeString(
        file, "<!DOCTYPE annotation [<!ENTITY leak SYSTEM '" + secret.toUri() + "'>]>\n" + xml);
    assertThatThrownBy(() -> VocReader.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageNotContaining("told");
  }

  @Test
  void refusesWhatSplitsNameAndDoesNotExist() throws IOException {
    annotate("a", "");
    list("train", "a", "ghost");
    list("twice", "a", "a");
    VocReader reader = VocReader.open(folder);
    assertThatThrownBy(() -> reader.read("train"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("train.txt:2: ghost has no annotation");
    assertThatThrownBy(() -> reader.read("twice"))
        .hasMessageContaining("twice.txt:2: a is listed twice");
    assertThatThrownBy(() -> reader.read("dev"))
        .hasMessageContaining("dev.txt: no such split; there are train, twice");
    Files.delete(folder.resolve("JPEGImages/a.jpg"));
    assertThatThrownBy(() -> reader.read("twice"))
        .hasMessageContaining("twice.txt:1: a has no image; add ");
  }

  @Test
  void refusesFoldersWhoseLayoutDoesNotShow() throws IOException {
    assertThatThrownBy(() -> DatasetReader.open(folder.resolve("nowhere")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere: no such folder");
    Files.createDirectories(folder.resolve("annotations"));
    Path json = Files.createFile(folder.resolve("annotations/instances.json"));
    assertThatThrownBy(() -> DatasetReader.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("both")
        .hasMessageContaining("--layout");
    Files.delete(folder.resolve("ImageSets/Main"));
    assertThatThrownBy(() -> DatasetReader.open(folder)).hasMessageContaining("COCO");
    Files.delete(json);
    assertThatThrownBy(() -> DatasetReader.open(folder))
        .hasMessageContaining("neither")
        .hasMessageContaining("--layout");
    assertThatThrownBy(() -> DatasetReader.open(folder, DatasetReader.Layout.VOC))
        .hasMessageContaining("no such folder; VOC layout has");
  }

  private void annotate(String id, String objects) throws IOException {
    Files.createFile(folder.resolve("JPEGImages/" + id + ".jpg"));
    Files.writeString(
        folder.resolve("Annotations/" + id + ".xml"),
        """
        <annotation>
        <filename>%s.jpg</filename>
        <size><width>100</width><height>80</height><depth>3</depth></size>
        %s
        </annotation>
        """
            .formatted(id, objects.stripTrailing()));
  }

  private static String object(
      String name, int difficult, double xmin, double ymin, double xmax, double ymax) {
    return """
    <object>
    <name>%s</name>
    <difficult>%d</difficult>
    <bndbox>
    <xmax>%s</xmax><xmin>%s</xmin><ymin>%s</ymin><ymax>%s</ymax></bndbox>
    </object>
    """
        .formatted(name, difficult, xmax, xmin, ymin, ymax);
  }

  private void list(String split, String... lines) throws IOException {
    Files.write(folder.resolve("ImageSets/Main/" + split + ".txt"), List.of(lines));
  }
}
