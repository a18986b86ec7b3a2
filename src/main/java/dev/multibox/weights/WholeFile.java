package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes files so that a reader, or a crash, never meets half of one: the content goes to a hidden
 * file in the same folder, is forced to the disk, and takes the name in one step.
 */
public final class WholeFile {
  private static final String ANY_HIDDEN = ".*.tmp";
  private static final long CHUNK_BYTES = 1 << 24;

  /** Writes a file's content, from the first byte to the last. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it to {@code channel}. */
    void writeTo(FileChannel channel) throws IOException;
  }

  private WholeFile() {}

  /**
   * Writes {@code file}, replacing one of this name.
   *
   * @throws IOException if it cannot be written; the message names it, one that was there before is
   *     as it was, and nothing else is left
   */
  public static void write(Path file, Content content) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path hidden =
        absolute.resolveSibling(".%s.%s.tmp".formatted(file.getFileName(), UUID.randomUUID()));
    try {
      try (FileChannel channel =
          FileChannel.open(hidden, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(hidden, absolute, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(hidden, e);
      throw FileFailure.writing(file, e);
    } catch (RuntimeException | Error e) {
      delete(hidden, e);
      throw e;
    }
  }

  /** {@link #write} of a text, in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    write(file, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text)));
  }

  /** Writes what is left in {@code buffer}. */
  public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /** Writes {@code data}, of any length. */
  public static void writeFully(FileChannel channel, MemorySegment data) throws IOException {
    for (long from = 0; from < data.byteSize(); from += CHUNK_BYTES) {
      long bytes = Math.min(CHUNK_BYTES, data.byteSize() - from);
      writeFully(channel, chunk(data.asSlice(from, bytes)));
    }
  }

  /** A heap array of floats has no view as bytes, so what is not native is copied. */
  private static ByteBuffer chunk(MemorySegment slice) {
    return slice.isNative() ? slice.asByteBuffer() : ByteBuffer.wrap(slice.toArray(JAVA_BYTE));
  }

  /** Deletes the hidden files of processes that were killed while they wrote to {@code folder}. */
  public static void deleteLeftOver(Path folder) throws IOException {
    try (DirectoryStream<Path> hidden = Files.newDirectoryStream(folder, ANY_HIDDEN)) {
      for (Path file : hidden) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A file system that refused the write may refuse this as well; the first refusal counts. */
  private static void delete(Path hidden, Throwable first) {
    try {
      Files.deleteIfExists(hidden);
    } catch (IOException second) {
      first.addSuppressed(second);
    }
  }
}
