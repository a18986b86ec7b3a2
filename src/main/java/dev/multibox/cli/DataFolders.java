package dev.multibox.cli;

import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.Faults;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.Splits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what {@code --data}, {@link DataOptions} and the split options name. */
final class DataFolders {
  private DataFolders() {}

  /**
   * What is trained on and validated on: the splits of all readers, one behind the other.
   *
   * @throws UserError if anything in a folder is wrong, or two have other categories
   */
  static Splits splits(
      List<DatasetReader> readers,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed,
      Faults faults) {
    try {
      Splits all = Splits.choose(readers.getFirst(), trainSplit, validationSplit, seed, faults);
      for (DatasetReader reader : readers.subList(1, readers.size())) {
        Splits next = Splits.choose(reader, trainSplit, validationSplit, seed, faults);
        String unlike = next.train().categoriesUnlike(all.train().categories());
        if (!unlike.isEmpty()) {
          throw UserError.of(
              "%s: %s, unlike %s; data sets trained on together need the same categories",
              next.train().name(), unlike, all.train().name());
        }
        all =
            new Splits(
                joined(all.train(), next.train()),
                joined(all.validation(), next.validation()),
                all.description() + "; " + reader.name() + ": " + next.description());
      }
      return all;
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private static Dataset joined(Dataset first, Dataset second) {
    List<ImageRecord> images = new ArrayList<>(first.images());
    images.addAll(second.inOrder(first.categories()).images());
    Set<String> remarks = new LinkedHashSet<>(first.remarks());
    remarks.addAll(second.remarks());
    return new Dataset(
        first.name() + " + " + second.name(),
        first.categories(),
        first.categoryIds(),
        images,
        List.copyOf(remarks));
  }

  /**
   * One split of a folder.
   *
   * @throws UserError if there is none of this name, or anything in it is wrong
   */
  static Dataset split(Path folder, @Nullable String layout, String split) {
    DataOptions options = new DataOptions();
    options.layout = layout;
    return split(options.open(folder, Faults.REFUSED), split);
  }

  /**
   * One split.
   *
   * @throws UserError if there is none of this name, or anything in it is wrong
   */
  static Dataset split(DatasetReader reader, String split) {
    try {
      return reader.read(reader.find(split).orElse(split));
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
