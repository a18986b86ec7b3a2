package dev.multibox.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Puts annotations and image files together. The size that counts is the file's own, read from its
 * head: annotations that state another one, or none, are common, and their boxes usually right.
 */
final class ImageRecords {
  private ImageRecords() {}

  /** An image as annotated. */
  interface Annotated {
    /** Its record without objects; 0 x 0 where the annotation states no size. */
    ImageRecord image();

    /** File and line of the size stated, for messages. */
    String where();

    /** The objects that can be used on an image of this size. */
    List<Annotation> objects(ImageSize actual, Faults faults, Tally tally) throws IOException;
  }

  /** What the look at a file gave: its size, or what is wrong with it. */
  private record Probe(ImageSize actual, String fault) {}

  /** The records of those images whose files can be used. */
  static List<ImageRecord> of(List<? extends Annotated> all, Faults faults, Tally tally)
      throws IOException {
    List<Probe> probes = all.parallelStream().map(ImageRecords::probe).toList();
    List<ImageRecord> records = new ArrayList<>(all.size());
    for (int i = 0; i < probes.size(); i++) {
      Annotated annotated = all.get(i);
      Probe probe = probes.get(i);
      if (!probe.fault.isEmpty()) {
        faults.file(probe.fault);
        continue;
      }
      ImageRecord image = annotated.image();
      if (stated(image).isKnown() && !stated(image).equals(probe.actual)) {
        tally.resized();
        faults.oddity(
            "%s: size was %s, %s is %s; correct the annotation"
                .formatted(annotated.where(), stated(image), image.file(), probe.actual));
      }
      records.add(
          new ImageRecord(
              image.id(),
              image.file(),
              probe.actual.width(),
              probe.actual.height(),
              annotated.objects(probe.actual, faults, tally)));
    }
    return records;
  }

  private static ImageSize stated(ImageRecord image) {
    return new ImageSize(image.width(), image.height());
  }

  private static Probe probe(Annotated annotated) {
    ImageRecord image = annotated.image();
    try {
      ImageSize actual = ImageDecoder.size(image.file());
      boolean sideways = !stated(image).equals(actual) && stated(image).equals(actual.transposed());
      if (sideways && ImageDecoder.orientation(image.file()).transposed()) {
        return new Probe(
            actual,
            "%s: is annotated as its EXIF orientation turns it (%s), its pixels are stored as %s;"
                    .formatted(image.file(), stated(image), actual)
                + " store them upright, without the orientation");
      }
      return new Probe(actual, "");
    } catch (IOException e) {
      return new Probe(stated(image), String.valueOf(e.getMessage()));
    }
  }
}
