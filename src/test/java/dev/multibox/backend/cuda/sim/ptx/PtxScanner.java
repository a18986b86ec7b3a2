package dev.multibox.backend.cuda.sim.ptx;

import java.util.Locale;

/** The text of a PTX file as words, numbers and signs. */
final class PtxScanner {
  private final String file;
  private final String text;
  private int at;
  private int line = 1;

  PtxScanner(String file, String text) {
    this.file = file;
    this.text = text;
    skip();
  }

  int line() {
    return line;
  }

  boolean atEnd() {
    return at >= text.length();
  }

  PtxException error(String message) {
    return new PtxException(file, line, message);
  }

  /** The next character, without taking it; 0 at the end. */
  char peek() {
    return atEnd() ? 0 : text.charAt(at);
  }

  /** Whether a word of letters, digits, {@code $}, {@code %} and {@code _} comes next. */
  boolean atWord() {
    return isWordPart(peek());
  }

  /** Whether a name comes next. */
  boolean atName() {
    return atWord() && !Character.isDigit(peek());
  }

  /** Takes {@code sign} if it comes next. */
  boolean accept(char sign) {
    if (peek() != sign || atEnd()) {
      return false;
    }
    at++;
    skip();
    return true;
  }

  void expect(char sign) {
    if (!accept(sign)) {
      throw error("expected '%c', found '%s'".formatted(sign, here()));
    }
  }

  /** Takes a directive such as {@code .reg}, if exactly that comes next. */
  boolean acceptDirective(String name) {
    int end = at + 1 + name.length();
    if (peek() != '.'
        || !text.startsWith(name, at + 1)
        || (end < text.length() && isWordPart(text.charAt(end)))) {
      return false;
    }
    at = end;
    skip();
    return true;
  }

  /** Takes the word after a dot. */
  String directive() {
    expect('.');
    return word();
  }

  /** Takes a word. */
  String word() {
    int end = wordEnd(at);
    if (end == at) {
      throw error("expected a name, found '%s'".formatted(here()));
    }
    return take(end);
  }

  /** Takes a word with the dots and colons that follow it, as in {@code ld.global.f32}. */
  String opcode() {
    int end = at;
    while (end < text.length()
        && (isWordPart(text.charAt(end)) || text.charAt(end) == '.' || text.charAt(end) == ':')) {
      end++;
    }
    return take(end);
  }

  /** Takes the {@code .x} of a special register, or nothing. */
  String component() {
    boolean follows =
        peek() == '.' && at + 1 < text.length() && "xyzw".indexOf(text.charAt(at + 1)) >= 0;
    return follows ? take(at + 2) : "";
  }

  /** Takes a string in quotes. */
  String string() {
    int end = text.indexOf('"', at + 1);
    if (peek() != '"' || end < 0) {
      throw error("expected a string, found '%s'".formatted(here()));
    }
    String taken = text.substring(at + 1, end);
    at = end + 1;
    skip();
    return taken;
  }

  /** Takes an integer. */
  long integer() {
    return number().bits();
  }

  /** Takes a number, with its sign. */
  Operand.Immediate number() {
    boolean negative = accept('-');
    int end = wordEnd(at);
    boolean decimal = isDecimal(end);
    if (decimal) {
      end = decimalEnd(end);
    }
    String digits = take(end);
    try {
      long bits = decimal ? Double.doubleToRawLongBits(Double.parseDouble(digits)) : bits(digits);
      if (decimal) {
        return new Operand.Immediate(negative ? bits ^ Long.MIN_VALUE : bits, true);
      }
      return new Operand.Immediate(negative ? -bits : bits, false);
    } catch (NumberFormatException _) {
      throw error("expected a number, found '%s'".formatted(digits));
    }
  }

  private boolean isDecimal(int end) {
    return end + 1 < text.length()
        && text.charAt(end) == '.'
        && Character.isDigit(text.charAt(end + 1));
  }

  private int decimalEnd(int end) {
    int to = wordEnd(end + 1);
    boolean exponent = Character.toLowerCase(text.charAt(to - 1)) == 'e';
    return exponent && to < text.length() && "+-".indexOf(text.charAt(to)) >= 0
        ? wordEnd(to + 1)
        : to;
  }

  private static long bits(String digits) {
    String lower = digits.toLowerCase(Locale.ROOT);
    if (lower.startsWith("0f") || lower.startsWith("0d") || lower.startsWith("0x")) {
      return Long.parseUnsignedLong(withoutSuffix(lower.substring(2), lower.charAt(1) == 'x'), 16);
    }
    String plain = withoutSuffix(lower, true);
    if (plain.startsWith("0b")) {
      return Long.parseUnsignedLong(plain.substring(2), 2);
    }
    boolean octal = plain.length() > 1 && plain.startsWith("0");
    return Long.parseUnsignedLong(plain, octal ? 8 : 10);
  }

  private static String withoutSuffix(String digits, boolean mayHave) {
    return mayHave && digits.endsWith("u") ? digits.substring(0, digits.length() - 1) : digits;
  }

  private int wordEnd(int from) {
    int end = from;
    while (end < text.length() && isWordPart(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isWordPart(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '$'
        || c == '%';
  }

  private String take(int end) {
    String taken = text.substring(at, end);
    at = end;
    skip();
    return taken;
  }

  private String here() {
    int end = text.indexOf('\n', at);
    String rest = end < 0 ? text.substring(at) : text.substring(at, end);
    return rest.substring(0, Math.min(rest.length(), 40));
  }

  /** Passes over blanks and comments. */
  private void skip() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\n') {
        line++;
        at++;
      } else if (Character.isWhitespace(c)) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (text.startsWith("/*", at)) {
        skipComment();
      } else {
        return;
      }
    }
  }

  private void skipComment() {
    int end = text.indexOf("*/", at);
    if (end < 0) {
      throw error("a comment has no end");
    }
    line += (int) text.substring(at, end).chars().filter(c -> c == '\n').count();
    at = end + 2;
  }

  /** Passes over everything up to the brace that closes the one just taken. */
  void skipBraces() {
    int depth = 1;
    while (depth > 0) {
      if (atEnd()) {
        throw error("a brace has no end");
      }
      if (peek() == '"') {
        string();
        continue;
      }
      depth += peek() == '{' ? 1 : peek() == '}' ? -1 : 0;
      at++;
      skip();
    }
  }
}
