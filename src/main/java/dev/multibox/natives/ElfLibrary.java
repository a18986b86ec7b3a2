package dev.multibox.natives;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A shared library of Linux (64-bit little-endian ELF) as its dynamic section describes it: what it
 * needs and which functions it takes from there. Sections are not read, so that a stripped library
 * will do.
 *
 * <p>Source: the System V ABI, chapter 5, and the symbol versioning of the Linux Standard Base,
 * chapter 10.7.
 */
final class ElfLibrary {
  private static final int MAGIC = 0x464c457f; // 0x7f "ELF", read as a little-endian number
  private static final int SEGMENT_LOAD = 1;
  private static final int SEGMENT_DYNAMIC = 2;
  private static final int SYMBOL_BYTES = 24;

  private static final long TAG_NEEDED = 1;
  private static final long TAG_HASH = 4;
  private static final long TAG_STRINGS = 5;
  private static final long TAG_SYMBOLS = 6;
  private static final long TAG_STRING_BYTES = 10;
  private static final long TAG_SONAME = 14;
  private static final long TAG_GNU_HASH = 0x6ffffef5;
  private static final long TAG_VERSIONS_NEEDED = 0x6ffffffe;
  private static final long TAG_VERSIONS_NEEDED_COUNT = 0x6fffffff;

  private final String name;
  private final byte[] content;
  private final ByteBuffer file;
  private final List<Segment> segments = new ArrayList<>();
  private final Map<Long, Long> tags = new LinkedHashMap<>();
  private final List<Long> needed = new ArrayList<>();

  /** A part of the file that is mapped to memory. */
  private record Segment(long address, long offset, long bytes) {}

  private ElfLibrary(String name, byte[] content) {
    this.name = name;
    this.content = content;
    file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The library in {@code content}.
   *
   * @param name says in messages what it is
   * @throws IOException if it is no such library
   */
  static ElfLibrary of(String name, byte[] content) throws IOException {
    ElfLibrary library = new ElfLibrary(name, content);
    try {
      library.readHeaders();
    } catch (IndexOutOfBoundsException e) {
      throw library.broken("it ends too early", e);
    }
    return library;
  }

  static ElfLibrary read(Path path) throws IOException {
    return of(path.toString(), Files.readAllBytes(path));
  }

  private void readHeaders() throws IOException {
    // Byte 4 is the class, 2 for 64 bits; byte 5 the byte order, 1 for little-endian.
    if (file.limit() < 64 || file.getInt(0) != MAGIC || file.get(4) != 2 || file.get(5) != 1) {
      throw broken("no 64-bit little-endian ELF", null);
    }
    long headers = file.getLong(0x20);
    int bytes = file.getShort(0x36);
    int count = file.getShort(0x38);
    long dynamic = -1;
    for (int i = 0; i < count; i++) {
      int at = position(headers + (long) i * bytes);
      int type = file.getInt(at);
      long offset = file.getLong(at + 8);
      if (type == SEGMENT_LOAD) {
        segments.add(new Segment(file.getLong(at + 16), offset, file.getLong(at + 32)));
      } else if (type == SEGMENT_DYNAMIC) {
        dynamic = offset;
      }
    }
    if (dynamic < 0) {
      throw broken("it has no dynamic section", null);
    }
    readTags(position(dynamic));
  }

  private void readTags(int start) {
    for (int at = start; file.getLong(at) != 0; at += 16) {
      long tag = file.getLong(at);
      if (tag == TAG_NEEDED) {
        needed.add(file.getLong(at + 8));
      } else {
        tags.put(tag, file.getLong(at + 8));
      }
    }
  }

  /** The names of the libraries that it needs, in order. */
  List<String> needed() throws IOException {
    List<String> names = new ArrayList<>();
    for (long offset : needed) {
      names.add(string(offset));
    }
    return names;
  }

  /** The name that it goes by; empty if it has none. */
  String soname() throws IOException {
    return tags.containsKey(TAG_SONAME) ? string(tag(TAG_SONAME)) : "";
  }

  /** The functions and variables it takes from other libraries whose names start so. */
  Set<String> imports(String prefix) throws IOException {
    int symbols = at(tag(TAG_SYMBOLS));
    Set<String> names = new TreeSet<>();
    for (int i = 1; i < symbolCount(); i++) {
      int symbol = symbols + i * SYMBOL_BYTES;
      int section = file.getShort(symbol + 6);
      String symbolName = string(Integer.toUnsignedLong(file.getInt(symbol)));
      if (section == 0 && symbolName.startsWith(prefix)) {
        names.add(symbolName);
      }
    }
    return names;
  }

  /** So many symbols that all it takes from others are among them. */
  private int symbolCount() throws IOException {
    if (tags.containsKey(TAG_HASH)) {
      return file.getInt(at(tag(TAG_HASH)) + 4);
    }
    // GNU's table holds what the library defines, from this symbol on; the others precede it.
    return file.getInt(at(tag(TAG_GNU_HASH)) + 4);
  }

  /**
   * This library bound to another version of one that it needs: {@code from} replaced by {@code to}
   * where it is the name of a needed library, of the file of a needed version, and of such a
   * version, whose hash changes along. Nothing moves, so the names must be equally long.
   *
   * @throws IOException if it does not need {@code from}
   */
  byte[] withNeeded(String from, String to) throws IOException {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(
          "withNeeded: %s and %s differ in length".formatted(from, to));
    }
    if (!needed().contains(from)) {
      throw broken("it needs %s, not %s".formatted(needed(), from), null);
    }
    byte[] copy = content.clone();
    ByteBuffer changed = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    for (long offset : needed) {
      rename(changed, offset, from, to);
    }
    if (tags.containsKey(TAG_VERSIONS_NEEDED)) {
      renameVersions(changed, from, to);
    }
    return copy;
  }

  private void renameVersions(ByteBuffer changed, String from, String to) throws IOException {
    int at = at(tag(TAG_VERSIONS_NEEDED));
    for (long left = tag(TAG_VERSIONS_NEEDED_COUNT); left > 0; left--) {
      int versions = file.getShort(at + 2);
      long fileName = Integer.toUnsignedLong(file.getInt(at + 4));
      if (string(fileName).equals(from)) {
        rename(changed, fileName, from, to);
        int version = at + file.getInt(at + 8);
        for (int i = 0; i < versions; i++) {
          long versionName = Integer.toUnsignedLong(file.getInt(version + 8));
          if (string(versionName).equals(from)) {
            rename(changed, versionName, from, to);
            changed.putInt(version, hash(to));
          }
          version += file.getInt(version + 12);
        }
      }
      at += file.getInt(at + 12);
    }
  }

  private void rename(ByteBuffer changed, long offset, String from, String to) throws IOException {
    if (string(offset).equals(from)) {
      int start = at(tag(TAG_STRINGS)) + position(offset);
      // Linkers let a string begin within a longer one that ends alike: that would change too.
      if (file.get(start - 1) != 0) {
        throw broken("the name %s is part of a longer one".formatted(from), null);
      }
      changed.put(start, to.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** The hash of ELF, by which a loader compares the names of versions. */
  static int hash(String text) {
    int hash = 0;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash << 4) + text.charAt(i);
      int top = hash & 0xf0000000;
      hash ^= top >>> 24;
      hash &= ~top;
    }
    return hash;
  }

  private long tag(long tag) throws IOException {
    Long value = tags.get(tag);
    if (value == null) {
      throw broken("its dynamic section lacks tag 0x%x".formatted(tag), null);
    }
    return value;
  }

  private String string(long offset) throws IOException {
    if (offset < 0 || offset >= tag(TAG_STRING_BYTES)) {
      throw broken("a name lies outside of its string table", null);
    }
    int start = at(tag(TAG_STRINGS)) + position(offset);
    int end = start;
    while (file.get(end) != 0) {
      end++;
    }
    return new String(content, start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** Where in the file lies what is mapped to {@code address}. */
  private int at(long address) throws IOException {
    for (Segment segment : segments) {
      long within = address - segment.address;
      if (within >= 0 && within < segment.bytes) {
        return position(segment.offset + within);
      }
    }
    throw broken("address 0x%x lies in no segment".formatted(address), null);
  }

  private int position(long offset) {
    if (offset < 0 || offset >= file.limit()) {
      throw new IndexOutOfBoundsException(offset);
    }
    return (int) offset;
  }

  private IOException broken(String why, @Nullable Throwable cause) {
    return new IOException("%s: cannot be read as a library: %s".formatted(name, why), cause);
  }
}
