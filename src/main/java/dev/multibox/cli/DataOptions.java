package dev.multibox.cli;

import dev.multibox.data.CocoReader;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.DatasetReader.Layout;
import dev.multibox.data.Faults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a data set is laid out, the same for every command that reads one. */
final class DataOptions {
  @Option(
      names = "--layout",
      paramLabel = "voc|coco",
      description = "The data folder's layout, where both show or neither does.")
  @Nullable String layout;

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      description = "COCO annotations to take instead of a data folder; with --images.")
  @Nullable Path annotations;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "The images of --annotations, or the folder above theirs.")
  @Nullable Path images;

  /**
   * Refuses options that contradict each other.
   *
   * @param folder whether a data folder is named as well, by {@code what}
   */
  void check(boolean folder, String what) {
    if (annotations != null && folder) {
      throw UserError.of("--annotations: stands in place of %s; name one of the two", what);
    }
    if (annotations != null && images == null) {
      throw UserError.of("--annotations: needs --images DIR, the folder of the images");
    }
    if (annotations == null && images != null) {
      throw UserError.of("--images: needs --annotations FILE, which lists the images");
    }
    if (annotations != null && layout() == Layout.VOC) {
      throw UserError.of("--annotations: is of COCO's form; leave --layout voc out");
    }
  }

  private @Nullable Layout layout() {
    if (layout == null) {
      return null;
    }
    return switch (layout.toLowerCase(Locale.ROOT)) {
      case "voc" -> Layout.VOC;
      case "coco" -> Layout.COCO;
      default -> throw UserError.of("--layout: was '%s', wanted voc or coco", layout);
    };
  }

  /**
   * A reader of {@code folder}.
   *
   * @throws UserError if there is no such folder, or it has not the layout named or none that shows
   */
  DatasetReader open(Path folder, Faults faults) {
    Layout named = layout();
    try {
      return DatasetReader.open(
          folder, named == null ? DatasetReader.layout(folder) : named, faults);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /**
   * A reader of annotation files whose images are those of {@code --images}.
   *
   * @throws UserError if one of them is missing
   */
  DatasetReader open(List<Path> files) {
    if (images == null) {
      throw UserError.of("--annotations: needs --images DIR, the folder of the images");
    }
    try {
      return CocoReader.of(files, images);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
