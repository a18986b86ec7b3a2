package dev.multibox.weights;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import java.nio.file.Path;

/** How readers of weight files say no: one line with the file, what was wrong, and the remedy. */
final class Refusal {
  private static final int LONGEST_QUOTE = 80;

  private Refusal() {}

  /** A file that says what cannot be. */
  @FormatMethod
  static IOException damaged(Path path, @FormatString String what, Object... args) {
    return of(path, what.formatted(args), "the file is damaged: download or save it again");
  }

  static IOException of(Path path, String what, String remedy) {
    return new IOException("%s: %s; %s".formatted(path, what, remedy));
  }

  /**
   * Text out of a file in quotes, as a message may show it: {@link #printable} and not too long.
   */
  static String quoted(String text) {
    boolean isLong = text.codePointCount(0, text.length()) > LONGEST_QUOTE;
    String shown = isLong ? text.substring(0, text.offsetByCodePoints(0, LONGEST_QUOTE)) : text;
    return "\"%s%s\"".formatted(printable(shown), isLong ? "…" : "");
  }

  /** Text on one line, without characters that a terminal would act on. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .forEach(character -> {
          if (isPrintable(character)) {
            shown.appendCodePoint(character);
          } else {
            shown.append("\\u%04x".formatted(character));
          }
        });
    return shown.toString();
  }

  private static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
