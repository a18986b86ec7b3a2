package dev.multibox.backend.cuda.sim.ptx;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The CUDA source that a PTX file speaks of, and the line that was named last. */
final class SourceFiles {
  private static final Pattern FILE = Pattern.compile("\\.file\\s+(\\d+)\\s+\"([^\"]*)\"");

  private final Map<Long, String> names = new HashMap<>();
  private SourceLine current = SourceLine.UNKNOWN;

  private SourceFiles() {}

  /** Looks for all {@code .file} directives, which nvcc puts at the end. */
  static SourceFiles of(String text) {
    SourceFiles files = new SourceFiles();
    Matcher matcher = FILE.matcher(text);
    while (matcher.find()) {
      files.names.put(Long.valueOf(matcher.group(1)), matcher.group(2));
    }
    return files;
  }

  /**
   * The line that the last {@code .loc} named outside of the toolkit's headers. Where a function
   * was inlined, nvcc names the caller's line first and the function's own last.
   */
  SourceLine current() {
    return current;
  }

  /** Forgets the line, at the start of a function. */
  void reset() {
    current = SourceLine.UNKNOWN;
  }

  /** Reads a {@code .loc} whose name was taken. */
  void read(PtxScanner scanner) {
    String name = names.getOrDefault(scanner.integer(), "");
    SourceLine line = new SourceLine(name, (int) scanner.integer());
    scanner.integer();
    while (scanner.accept(',')) {
      skipAttribute(scanner);
    }
    if (!line.isSystem() || current.file().isEmpty()) {
      current = line;
    }
  }

  private static void skipAttribute(PtxScanner scanner) {
    String attribute = scanner.word();
    if (attribute.equals("function_name")) {
      scanner.word();
      if (scanner.accept('+')) {
        scanner.integer();
      }
    } else {
      scanner.integer();
      scanner.integer();
      scanner.integer();
    }
  }
}
