package dev.multibox.train;

import dev.multibox.box.Box;
import dev.multibox.data.SamplePlan;
import dev.multibox.picture.ClassNames;
import dev.multibox.picture.ContactSheet;
import dev.multibox.picture.Mark;
import dev.multibox.picture.Picture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Draws training samples with their objects and the priors that learn them. */
final class SampleSheet {
  private static final ContactSheet.Key OBJECT =
      new ContactSheet.Key(Mark.Outline.SOLID, "object, as annotated");
  private static final ContactSheet.Key PRIOR =
      new ContactSheet.Key(Mark.Outline.DASHED, "a prior that was matched to it");

  private SampleSheet() {}

  /** A sheet of these samples; their priors are drawn where {@code showPriors}. */
  static Picture of(String title, List<SeenSample> samples, ClassNames names, boolean showPriors)
      throws IOException {
    List<ContactSheet.Tile> tiles = new ArrayList<>();
    for (SeenSample sample : samples) {
      Picture picture = Picture.scaled(sample.pixels(), ContactSheet.CELL);
      tiles.add(
          new ContactSheet.Tile(
              picture.draw(marks(sample, names, showPriors)), caption(sample, showPriors)));
    }
    return ContactSheet.of(title, showPriors ? List.of(OBJECT, PRIOR) : List.of(OBJECT), tiles);
  }

  private static List<Mark> marks(SeenSample sample, ClassNames names, boolean showPriors) {
    List<Mark> marks = new ArrayList<>();
    for (SamplePlan.Target target : sample.targets()) {
      Box box = new Box(target.xmin(), target.ymin(), target.xmax(), target.ymax());
      marks.add(Mark.object(box, target.label(), names.of(target.label()), ""));
    }
    if (showPriors) {
      for (SeenSample.Positive positive : sample.positives()) {
        int label = sample.targets().get(positive.target()).label();
        marks.add(Mark.dashed(positive.prior(), label));
      }
    }
    return marks;
  }

  private static String caption(SeenSample sample, boolean showPriors) {
    String objects = counted(sample.targets().size(), "object");
    return showPriors
        ? "%s: %s, %s".formatted(sample.id(), objects, counted(sample.positives().size(), "prior"))
        : "%s: %s".formatted(sample.id(), objects);
  }

  private static String counted(int count, String what) {
    return count == 1 ? "1 " + what : "%d %ss".formatted(count, what);
  }
}
