package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SplitsTest {
  @Test
  void takesTrainAndVal() throws IOException {
    Splits splits = choose(Map.of("train", 8, "val", 3, "test", 5));
    assertThat(splits.train().size()).isEqualTo(8);
    assertThat(splits.validation().size()).isEqualTo(3);
    assertThat(splits.description())
        .isEqualTo("training on split train, validating on split val (3 images)");
  }

  @Test
  void splitsMayHaveAYearOrVariantsOfTheName() throws IOException {
    assertThat(choose(Map.of("train2017", 8, "val2017", 3)).description())
        .startsWith("training on split train2017, validating on split val2017");
    assertThat(choose(Map.of("train", 8, "valid", 3)).description()).contains("split valid");
    Folder two = new Folder(Map.of("train2014", 8, "train2017", 9, "val2014", 2, "val2017", 3));
    assertThat(Splits.choose(two, "train2017", null, 7).validation().size()).isEqualTo(3);
    assertThatThrownBy(() -> Splits.choose(two, null, null, 7))
        .hasMessageContaining("no split named train; name one of train2014, train2017, val2014");
  }

  @Test
  void holdsATenthOutBySeedWhereThereIsNoVal() throws IOException {
    Splits splits = choose(Map.of("train", 30, "test", 5));
    assertThat(splits.train().size()).isEqualTo(27);
    assertThat(splits.validation().size()).isEqualTo(3);
    List<ImageRecord> all = new ArrayList<>(splits.train().images());
    all.addAll(splits.validation().images());
    assertThat(all).doesNotHaveDuplicates().hasSize(30);
    assertThat(splits.description()).contains("held out by seed 7");
    assertThat(choose(Map.of("train", 30))).isEqualTo(splits);
    Splits other = Splits.choose(new Folder(Map.of("train", 30)), null, null, 8);
    assertThat(other.validation()).isNotEqualTo(splits.validation());
  }

  @Test
  void neverValidatesOnPartOfWhatItTrainsOn() throws IOException {
    Splits splits = choose(Map.of("trainval", 20, "val", 10));
    assertThat(splits.validation().size()).isEqualTo(2);
    assertThat(splits.description()).contains("held out");
  }

  @Test
  void takesTheSplitsNamed() throws IOException {
    Folder folder = new Folder(Map.of("train", 8, "test", 5));
    Splits splits = Splits.choose(folder, "train", "test", 7);
    assertThat(splits.validation().size()).isEqualTo(5);
  }

  @Test
  void neverTakesTheTestSplitUnasked() {
    assertThatThrownBy(() -> choose(Map.of("test", 5)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no split named train")
        .hasMessageContaining("--train-split");
    assertThatThrownBy(() -> choose(Map.of("train", 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--val-split");
    assertThatThrownBy(() -> choose(Map.of("train", 0, "val", 2)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("split train lists no image");
  }

  private static Splits choose(Map<String, Integer> sizes) throws IOException {
    return Splits.choose(new Folder(sizes), null, null, 7);
  }

  /** A reader of images that do not exist, so many of each split. */
  private record Folder(Map<String, Integer> sizes) implements DatasetReader {
    @Override
    public String name() {
      return "folder";
    }

    @Override
    public List<String> splits() {
      return sizes.keySet().stream().sorted().toList();
    }

    @Override
    public Dataset read(String split, Faults faults) {
      Annotation thing = new Annotation(0, 1, 1, 3, 3, false, false, 4);
      List<ImageRecord> images = new ArrayList<>();
      for (int i = 0; i < sizes.getOrDefault(split, 0); i++) {
        images.add(new ImageRecord(split + i, Path.of(split + i), 4, 4, List.of(thing)));
      }
      return new Dataset(split, List.of("thing"), images);
    }
  }
}
