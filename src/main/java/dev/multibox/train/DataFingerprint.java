package dev.multibox.train;

import dev.multibox.data.Annotation;
import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.Splits;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Tells whether data is what a run began with: another image, category or box to train on would
 * shift every later batch, another one to validate on would make scores incomparable. What the
 * image files hold is not looked at.
 */
final class DataFingerprint {
  private DataFingerprint() {}

  /** One line on what is trained on and validated on. */
  static String of(Splits splits) {
    return "training on %s, validating on %s"
        .formatted(of(splits.train()), of(splits.validation()));
  }

  /** Counts for a reader, and a CRC-32C of categories, ids, sizes and objects, in their order. */
  static String of(Dataset dataset) {
    CRC32C checksum = new CRC32C();
    try (DataOutputStream out =
        new DataOutputStream(new CheckedOutputStream(OutputStream.nullOutputStream(), checksum))) {
      for (String category : dataset.categories()) {
        write(category, out);
      }
      for (ImageRecord image : dataset.images()) {
        write(image, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "%d images with %d objects of %d categories (%08x)"
        .formatted(
            dataset.size(),
            dataset.objectCount(),
            dataset.categories().size(),
            checksum.getValue());
  }

  private static void write(ImageRecord image, DataOutputStream out) throws IOException {
    write(image.id(), out);
    out.writeInt(image.width());
    out.writeInt(image.height());
    out.writeInt(image.objects().size());
    for (Annotation object : image.objects()) {
      out.writeInt(object.label());
      out.writeFloat(object.xmin());
      out.writeFloat(object.ymin());
      out.writeFloat(object.xmax());
      out.writeFloat(object.ymax());
      out.writeBoolean(object.crowd());
      out.writeBoolean(object.difficult());
    }
  }

  private static void write(String text, DataOutputStream out) throws IOException {
    out.writeInt(text.length());
    out.writeChars(text);
  }
}
