package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    annotate("b", "");
    list("train", "a");
    list("train_few", "b");
    list("train_train", "a  1", "b -1");
    assertThat(VocReader.open(folder).splits()).containsExactly("train", "train_few");
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
    assertThat(reader.read("train").categories()).containsExactly("person");
    assertThat(reader.read("train").images().getFirst().objects())
        .containsExactly(new Annotation(0, 4, 5, 50, 60, false, false, 46 * 55));
  }

  @Test
  void cutsBoxesThatReachOverTheEdgeByOnePixelAndCountsThem() throws IOException {
    annotate(
        "a",
        object("dog", 0, 0, 0, 101, 81)
            + object("dog", 0, 1, 1, 101, 80)
            + object("dog", 0, 1, 1, 100, 80));
    list("train", "a");
    VocReader reader = VocReader.open(folder);
    Dataset dataset = reader.read("train");
    assertThat(dataset.images().getFirst().objects())
        .containsOnly(new Annotation(0, 0, 0, 100, 80, false, false, 8000));
    assertThat(dataset.remarks())
        .containsExactly("2 times: box over the image's edge by up to a pixel, cut off there");
  }

  @Test
  void findsTheImageByTheAnnotationsEndingOrByLooking() throws IOException {
    annotate("a", "");
    annotate("b", "");
    Files.delete(folder.resolve("JPEGImages/a.jpg"));
    Files.delete(folder.resolve("JPEGImages/b.jpg"));
    TestImages.write(folder.resolve("JPEGImages/a.bmp"), 100, 80);
    TestImages.write(folder.resolve("JPEGImages/b.png"), 100, 80);
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
    assertThat(faults("train")).singleElement().asString().startsWith(where);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<name>dog</name>|<nom>dog</nom>|:4: object without <name>",
        "<xmax>10.0</xmax>||:7: <bndbox> lacks one of",
        "<xmax>10.0</xmax>|<xmax>ten</xmax>|:8: <xmax> was 'ten', wanted a number",
        "<xmax>10.0</xmax>|<xmax>NaN</xmax>|:8: <xmax> was 'NaN', wanted a number",
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
    list("train", "a");
    assertThat(faults("train")).singleElement().asString().startsWith(file + parts[2]);
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
    assertThat(DatasetReader.open(folder)).isInstanceOf(CocoReader.class);
    Files.delete(json);
    assertThatThrownBy(() -> DatasetReader.open(folder))
        .hasMessageContaining("neither")
        .hasMessageContaining("--layout");
    assertThatThrownBy(() -> DatasetReader.open(folder, DatasetReader.Layout.VOC))
        .hasMessageContaining("no such folder; VOC layout has");
  }

  @Test
  void namesMayHoldSpacesAndNumbers() throws IOException {
    annotate("photo 1", "");
    annotate("photo 0", "");
    list("train", "photo 1", "photo 0");
    assertThat(VocReader.open(folder).read("train").images())
        .extracting(ImageRecord::id)
        .containsExactly("photo 1", "photo 0");
  }

  @Test
  void listsMayComeFromWindows() throws IOException {
    annotate("a", "");
    annotate("b", "");
    Files.writeString(folder.resolve("ImageSets/Main/train.txt"), "\uFEFFa\r\n\r\nb \r\n");
    Path file = folder.resolve("Annotations/a.xml");
    Files.writeString(file, "\uFEFF" + Files.readString(file).replace("\n", "\r\n"));
    assertThat(VocReader.open(folder).read("train").images())
        .extracting(ImageRecord::id)
        .containsExactly("a", "b");
  }

  @Test
  void refusesListsThatAreNoText() throws IOException {
    annotate("a", "");
    Files.write(folder.resolve("ImageSets/Main/train.txt"), new byte[] {(byte) 0xE9, 0x0A});
    assertThatThrownBy(() -> VocReader.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("train.txt: is no UTF-8 text; store it as UTF-8");
  }

  @Test
  void theImagesOwnSizeCounts() throws IOException {
    annotate("a", object("dog", 0, 1, 1, 120, 50));
    annotate("b", object("dog", 0, 1, 1, 20, 70));
    TestImages.write(folder.resolve("JPEGImages/a.jpg"), 120, 60);
    Path file = folder.resolve("Annotations/b.xml");
    Files.writeString(file, Files.readString(file).replaceFirst("<size>.*</size>", ""));
    list("train", "a", "b");
    Dataset dataset = VocReader.open(folder).read("train");
    assertThat(dataset.images()).extracting(ImageRecord::width).containsExactly(120, 100);
    assertThat(dataset.images().getFirst().objects())
        .containsExactly(new Annotation(0, 0, 0, 120, 50, false, false, 120 * 50));
    assertThat(dataset.remarks())
        .containsExactly("1 times: image of another size than annotated, taken as it is");
    assertThat(faults("train"))
        .singleElement()
        .asString()
        .startsWith(folder.resolve("Annotations/a.xml") + ":3: size was 100 x 80, ")
        .endsWith("a.jpg is 120 x 60; correct the annotation");
  }

  @Test
  void refusesImagesThatAreNone() throws IOException {
    annotate("a", "");
    Path image = Files.writeString(folder.resolve("JPEGImages/a.jpg"), "no picture");
    list("train", "a");
    assertThatThrownBy(() -> VocReader.open(folder).read("train"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(image + ": is no ");
  }

  @Test
  void collectsEveryFaultAndReadsWhatIsSound() throws IOException {
    annotate("a", object("dog", 0, 9, 1, 3, 10) + object("dog", 0, 1, 1, 10, 10));
    annotate("b", object("cat", 0, 1, 1, 500, 10));
    annotate("broken", "<object>");
    annotate("rest", object("cow", 0, 1, 7, 10, 7));
    list("train", "a", "ghost", "b", "broken", "b");
    List<String> faults = new ArrayList<>();
    VocReader reader = VocReader.open(folder, Faults.into(faults));
    Dataset dataset = reader.read("train", Faults.into(faults));
    assertThat(dataset.images()).extracting(ImageRecord::id).containsExactly("a", "b");
    assertThat(dataset.objectCount()).isEqualTo(1);
    assertThat(dataset.remarks()).containsExactly("2 times: bad object left out");
    assertThat(reader.unlisted(Faults.into(faults)).orElseThrow().images()).hasSize(1);
    assertThat(faults).hasSize(6);
    assertThat(String.join("\n", faults))
        .containsSubsequence(
            "broken.xml:",
            "ghost has no annotation",
            "b is listed twice",
            "a.xml:7: dog with box",
            "b.xml:7: cat with box",
            "rest.xml:7: cow with box xmin 1.0, ymin 7.0, xmax 10.0, ymax 7.0: ymax <= ymin");
  }

  @Test
  void badObjectsCanBeLeftOut() throws IOException {
    annotate("a", object("dog", 0, 9, 1, 3, 10) + object("dog", 0, 1, 1, 10, 10));
    list("train", "a");
    list("ghosts", "ghost");
    VocReader reader = VocReader.open(folder, Faults.OBJECTS_LEFT_OUT);
    Dataset dataset = reader.read("train", Faults.OBJECTS_LEFT_OUT);
    assertThat(dataset.objectCount()).isEqualTo(1);
    assertThat(dataset.remarks()).containsExactly("1 times: bad object left out");
    assertThatThrownBy(() -> reader.read("ghosts", Faults.OBJECTS_LEFT_OUT))
        .hasMessageContaining("ghost has no annotation");
  }

  /** Everything that is wrong with the folder and one of its splits. */
  private List<String> faults(String split) throws IOException {
    List<String> faults = new ArrayList<>();
    VocReader.open(folder, Faults.into(faults)).read(split, Faults.into(faults));
    return faults;
  }

  private void annotate(String id, String objects) throws IOException {
    TestImages.write(folder.resolve("JPEGImages/" + id + ".jpg"), 100, 80);
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
