package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A safetensors file, mapped into memory: eight bytes of header length (little-endian), a JSON
 * header of that length, and the tensors one behind the other.
 *
 * <p>Everything is checked when the file is opened: a header of at most {@value #MAX_HEADER_BYTES}
 * bytes, known types, sizes that fit the shapes, and data without a hole, an overlap or a rest.
 * Nothing in the file is ever run. The memory of {@link #tensor} goes when the file is closed.
 */
public final class SafetensorsFile implements WeightFile {
  /** The longest header the format allows, in bytes. */
  public static final long MAX_HEADER_BYTES = 100_000_000;

  static final int LENGTH_BYTES = 8;

  private final Path path;
  private final Arena arena;
  private final Map<String, String> metadata;
  private final SequencedMap<String, StoredTensor> tensors;

  private SafetensorsFile(
      Path path,
      Arena arena,
      Map<String, String> metadata,
      SequencedMap<String, StoredTensor> tensors) {
    this.path = path;
    this.arena = arena;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /**
   * Opens and checks a file.
   *
   * @throws IOException if it cannot be read or breaks a rule of the format; the message names the
   *     file, the tensor, and what to do
   */
  public static SafetensorsFile open(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new IOException("%s: is a folder; name a file in it".formatted(path));
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      long headerBytes = headerBytes(path, file);
      SafetensorsHeader header =
          SafetensorsHeader.parse(path, file.asSlice(LENGTH_BYTES, headerBytes).toArray(JAVA_BYTE));
      MemorySegment data = file.asSlice(LENGTH_BYTES + headerBytes);
      header.requireGapless(data.byteSize());
      SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
      header
          .entries()
          .forEach((name, entry) ->
              tensors.put(
                  name,
                  new StoredTensor(
                      entry.type(),
                      entry.shape(),
                      data.asSlice(entry.begin(), entry.end() - entry.begin()))));
      return new SafetensorsFile(path, arena, header.metadata(), tensors);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static long headerBytes(Path path, MemorySegment file) throws IOException {
    if (file.byteSize() < LENGTH_BYTES) {
      throw new IOException(
          "%s: is %d bytes long, too short for a safetensors file; download or save it again"
              .formatted(path, file.byteSize()));
    }
    long length = file.get(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new IOException(
          "%s: announces a header of %s bytes, more than the %d of the format; is it a safetensors"
                  .formatted(path, Long.toUnsignedString(length), MAX_HEADER_BYTES)
              + " file?");
    }
    if (length > file.byteSize() - LENGTH_BYTES) {
      throw new IOException(
          "%s: announces a header of %d bytes but ends after %d; it is cut off, or no safetensors"
                  .formatted(path, length, file.byteSize())
              + " file: download or save it again");
    }
    return length;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String format() {
    return "safetensors";
  }

  /** The free text beside the tensors, the header's {@code __metadata__}. */
  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public SequencedMap<String, StoredTensor> tensors() {
    return Collections.unmodifiableSequencedMap(tensors);
  }

  @Override
  public void close() {
    arena.close();
  }
}
