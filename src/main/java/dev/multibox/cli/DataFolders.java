package dev.multibox.cli;

import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.Splits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what {@code --data}, {@code --layout} and the split options name. */
final class DataFolders {
  private DataFolders() {}

  /**
   * What is trained on and validated on.
   *
   * @throws UserError if anything in the folder is wrong
   */
  static Splits splits(
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
