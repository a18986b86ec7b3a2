package dev.multibox.cli;

import dev.multibox.picture.ClassNames;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/** What a user is told about the names in pictures. */
final class PictureText {
  private PictureText() {}

  /** The categories as pictures name them; says so where one cannot be drawn. */
  static ClassNames names(List<String> categories, PrintWriter err) throws IOException {
    ClassNames names = ClassNames.of(categories);
    if (!names.replaced().isEmpty()) {
      err.printf(
          "no font here has the characters of %s: pictures say class and number instead;"
              + " install one that has them, as fonts-noto-cjk%n",
          String.join(", ", names.replaced()));
      err.flush();
    }
    return names;
  }
}
