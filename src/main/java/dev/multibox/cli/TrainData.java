package dev.multibox.cli;

import dev.multibox.data.DatasetReader;
import dev.multibox.data.Faults;
import dev.multibox.data.Splits;
import dev.multibox.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run is trained on, as its configuration names it.
 *
 * @param sources data folders, or one file of COCO annotations where {@code images} are named
 * @param images the images of that file, null for folders
 * @param layout of the folders, null to look
 * @param trainSplit the split trained on, null for the default
 * @param valSplit the split validated on, null for the default; another file of annotations where
 *     {@code images} are named
 * @param skipBadBoxes whether objects with boxes that cannot be used are left out
 */
record TrainData(
    List<Path> sources,
    @Nullable String images,
    @Nullable String layout,
    @Nullable String trainSplit,
    @Nullable String valSplit,
    boolean skipBadBoxes) {

  /** What is read where files of annotations are named has no splits and one layout. */
  TrainData {
    if (images != null && (layout != null || trainSplit != null)) {
      throw UserError.of(
          "--train-split, --layout: mean data folders, the run is of a file; leave them out");
    }
  }

  /** A folder. */
  static TrainData of(Path folder) {
    return new TrainData(List.of(folder), null, null, null, null, false);
  }

  /** What a run was trained on. */
  static TrainData of(TrainConfig config) {
    return new TrainData(
        config.data().stream().map(Path::of).toList(),
        config.images(),
        config.layout(),
        config.trainSplit(),
        config.valSplit(),
        config.skipBadBoxes());
  }

  /** What a run may be called after. */
  String name() {
    return String.valueOf(sources.getFirst().getFileName()).replaceFirst("\\.json$", "");
  }

  /**
   * Reads it.
   *
   * @param seed what a held-out part is drawn from
   * @throws UserError if anything in it is wrong
   */
  Splits read(long seed) {
    Faults faults = skipBadBoxes ? Faults.OBJECTS_LEFT_OUT : Faults.REFUSED;
    DataOptions options = new DataOptions();
    options.layout = layout;
    if (images == null) {
      List<DatasetReader> readers =
          sources.stream().map(folder -> options.open(folder, faults)).toList();
      return DataFolders.splits(readers, trainSplit, valSplit, seed, faults);
    }
    options.images = Path.of(images);
    List<Path> files = new ArrayList<>(sources);
    if (valSplit != null) {
      files.add(Path.of(valSplit));
    }
    return DataFolders.splits(
        List.of(options.open(files)), sources.getFirst().toString(), valSplit, seed, faults);
  }
}
