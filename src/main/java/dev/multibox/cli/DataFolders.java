package dev.multibox.cli;

import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.Splits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what {@code --data}, {@code --layout} and the split options name. */
final class DataFolders {
  private DataFolders() {}

  /**
   * What is trained on and validated on: the splits of all folders, one behind the other.
   *
   * @throws UserError if anything in a folder is wrong, or two have other categories
   */
  static Splits splits(
      List<Path> folders,
      @Nullable String layout,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed) {
    Splits all = splits(folders.getFirst(), layout, trainSplit, validationSplit, seed);
    for (Path folder : folders.subList(1, folders.size())) {
      Splits next = splits(folder, layout, trainSplit, validationSplit, seed);
      if (!next.train().categories().equals(all.train().categories())) {
        throw UserError.of(
            "%s: has the categories %s, %s has %s; data sets trained on together need the same",
            folder,
            String.join(", ", next.train().categories()),
            folders.getFirst(),
            String.join(", ", all.train().categories()));
      }
      all =
          new Splits(
              joined(all.train(), next.train()),
              joined(all.validation(), next.validation()),
              all.description() + "; " + folder.getFileName() + ": " + next.description());
    }
    return all;
  }

  private static Dataset joined(Dataset first, Dataset second) {
    List<ImageRecord> images = new ArrayList<>(first.images());
    images.addAll(second.images());
    return new Dataset(first.name() + " + " + second.name(), first.categories(), images);
  }

  private static Splits splits(
      Path folder,
      @Nullable String layout,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed) {
    try {
      return Splits.choose(reader(folder, layout), trainSplit, validationSplit, seed);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /**
   * One split.
   *
   * @throws UserError if there is none of this name, or anything in it is wrong
   */
  static Dataset split(Path folder, @Nullable String layout, String split) {
    try {
      return reader(folder, layout).read(split);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private static DatasetReader reader(Path folder, @Nullable String layout) throws IOException {
    if (layout == null) {
      return DatasetReader.open(folder);
    }
    return switch (layout.toLowerCase(Locale.ROOT)) {
      case "voc" -> DatasetReader.open(folder, DatasetReader.Layout.VOC);
      case "coco" -> DatasetReader.open(folder, DatasetReader.Layout.COCO);
      default -> throw UserError.of("--layout: was '%s', wanted voc or coco", layout);
    };
  }
}
