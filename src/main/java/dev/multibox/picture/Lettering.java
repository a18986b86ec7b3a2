package dev.multibox.picture;

import java.awt.Font;
import java.awt.FontFormatException;
import java.awt.GraphicsEnvironment;
import java.awt.font.FontRenderContext;
import java.awt.font.TextAttribute;
import java.awt.font.TextLayout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.AttributedString;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The fonts that pictures are lettered in: DejaVu, which comes with the program, so that text is
 * there, and is the same, on machines without a single font. Only characters that DejaVu lacks are
 * looked for among the fonts installed.
 */
public final class Lettering {
  private static final String FOLDER = "/net/sf/jasperreports/fonts/dejavu/";

  /** The property that names Java's table of logical fonts, where it is not asked of fontconfig. */
  private static final String TABLE = "sun.awt.fontconfig";

  /** The shortest table Java takes. */
  private static final String EMPTY_TABLE = "version=1\nsequence.allfonts=latin-1\n";

  private static @Nullable Lettering loaded;

  private final Font plain;
  private final Font bold;
  private @Nullable List<Font> installed;

  private Lettering() throws IOException, FontFormatException {
    plain = read("DejaVuSans.ttf");
    bold = read("DejaVuSans-Bold.ttf");
  }

  private static Font read(String name) throws IOException, FontFormatException {
    try (InputStream file = Lettering.class.getResourceAsStream(FOLDER + name)) {
      if (file == null) {
        throw new IOException(FOLDER + name + ": is not on the class path; build again");
      }
      return Font.createFont(Font.TRUETYPE_FONT, file);
    }
  }

  /**
   * DejaVu Sans of this size.
   *
   * @throws IOException if this Java cannot draw text at all; the message says what it lacks
   */
  static Font plain(float size) throws IOException {
    return load().plain.deriveFont(size);
  }

  /**
   * DejaVu Sans Bold of this size.
   *
   * @throws IOException as {@link #plain}
   */
  static Font bold(float size) throws IOException {
    return load().bold.deriveFont(size);
  }

  /**
   * One line of text, laid out for {@code context}: in {@code font} as far as that goes, the
   * characters it lacks in an installed font.
   *
   * @param font of {@link #plain} or {@link #bold}
   * @param text not empty
   */
  static TextLayout line(String text, Font font, FontRenderContext context) throws IOException {
    AttributedString line = new AttributedString(text);
    line.addAttribute(TextAttribute.FONT, font);
    load()
        .runs(
            text,
            font,
            (run, from, to) ->
                line.addAttribute(TextAttribute.FONT, run.deriveFont(font.getSize2D()), from, to));
    return new TextLayout(line.getIterator(), context);
  }

  /**
   * Whether the fonts here have every character of {@code text}.
   *
   * @throws IOException as {@link #plain}
   */
  public static boolean canDraw(String text) throws IOException {
    Lettering fonts = load();
    return fonts.runs(text, fonts.bold, (_, _, _) -> {});
  }

  /** What is told of the characters {@code [from, to)} of a text that a font has. */
  private interface Run {
    void found(Font font, int from, int to);
  }

  /** Cuts a text into runs of one font each; false where a character is in none. */
  private synchronized boolean runs(String text, Font first, Run run) {
    boolean isWhole = true;
    for (int from = 0; from < text.length(); ) {
      int to = end(first, text, from);
      if (to > from) {
        run.found(first, from, to);
      } else {
        to = from + Character.charCount(text.codePointAt(from));
        isWhole &= runOfInstalled(text, from, to, run);
      }
      from = to;
    }
    return isWhole;
  }

  private boolean runOfInstalled(String text, int from, int to, Run run) {
    if (installed == null) {
      installed = installed();
    }
    for (Font font : installed) {
      if (end(font, text.substring(0, to), from) == to) {
        run.found(font, from, to);
        return true;
      }
    }
    return false;
  }

  /** Up to where {@code font} has the characters of {@code text} from {@code from} on. */
  private static int end(Font font, String text, int from) {
    int missing = font.canDisplayUpTo(text.toCharArray(), from, text.length());
    return missing < 0 ? text.length() : missing;
  }

  /** Fonts of this machine in an order of their own: first those whose names say bold and sans. */
  private static List<Font> installed() {
    return Arrays.stream(GraphicsEnvironment.getLocalGraphicsEnvironment().getAllFonts())
        .filter(font -> !isLogical(font))
        .sorted(
            Comparator.comparing((Font font) -> !says(font, "bold"))
                .thenComparing(font -> !says(font, "sans"))
                .thenComparing(font -> says(font, "italic") || says(font, "oblique"))
                .thenComparing(font -> font.getFontName(Locale.ROOT)))
        .toList();
  }

  private static boolean says(Font font, String word) {
    return font.getFontName(Locale.ROOT).toLowerCase(Locale.ROOT).contains(word);
  }

  /** Whether a font is one of Java's own names, for which the table has nothing. */
  private static boolean isLogical(Font font) {
    return List.of(Font.DIALOG, Font.DIALOG_INPUT, Font.MONOSPACED, Font.SANS_SERIF, Font.SERIF)
        .contains(font.getFamily(Locale.ROOT));
  }

  private static synchronized Lettering load() throws IOException {
    if (loaded == null) {
      // A display that is named but cannot be reached would end the program.
      if (System.getProperty("java.awt.headless") == null) {
        System.setProperty("java.awt.headless", "true");
      }
      loaded = needsTable() ? loadWithTable() : create();
    }
    return loaded;
  }

  /**
   * On Linux Java asks fontconfig for its logical fonts before it opens any font file, and fails
   * where fontconfig or every font is missing, as in most containers. It does not ask where it is
   * given a table. macOS and Windows always have their fonts.
   */
  private static boolean needsTable() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return System.getProperty(TABLE) == null
        && !system.contains("mac")
        && !system.contains("windows");
  }

  private static Lettering loadWithTable() throws IOException {
    Path table = Files.createTempFile("multibox-fonts", ".properties");
    try {
      Files.writeString(table, EMPTY_TABLE);
      System.setProperty(TABLE, table.toString());
      return create();
    } finally {
      System.clearProperty(TABLE);
      Files.delete(table);
    }
  }

  private static Lettering create() throws IOException {
    try {
      return new Lettering();
    } catch (FontFormatException | RuntimeException | LinkageError e) {
      throw new IOException(
          "fonts: this Java cannot draw text (%s); install libfreetype6, or use another JDK 25"
              .formatted(e.getMessage()),
          e);
    }
  }
}
