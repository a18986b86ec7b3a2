package dev.multibox.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of {@code ImageSets/Main}: one image ID a line. Empty lines, a byte order mark and Windows
 * line ends are let pass.
 */
final class VocList {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private static final String PRESENCE = ".*\\s(-1|0|1)";

  private VocList() {}

  /** An ID and {@code file:line}. */
  record Entry(String id, String where) {
    /** Whether it has the column of {@code dog_train.txt} that says if the image shows a dog. */
    boolean isOfOneClass() {
      return id.matches(PRESENCE);
    }
  }

  /**
   * The entries of a file.
   *
   * @throws IOException if it cannot be read, or is no UTF-8 text
   */
  static List<Entry> read(Path file) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + ": is no UTF-8 text; store it as UTF-8", e);
    }
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (i == 0 && line.startsWith(BYTE_ORDER_MARK)) {
        line = line.substring(BYTE_ORDER_MARK.length());
      }
      if (!line.isBlank()) {
        entries.add(new Entry(line.strip(), file + ":" + (i + 1)));
      }
    }
    return entries;
  }
}
