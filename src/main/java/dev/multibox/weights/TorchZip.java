package dev.multibox.weights;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * What {@code torch.save} writes since PyTorch 1.6: a zip whose entries are not compressed, {@code
 * data.pkl} and one for each storage, {@code data/KEY}, all below one folder. They are read where
 * they lie in the mapped file, so nothing is unpacked.
 */
final class TorchZip {
  private static final String PICKLE = "data.pkl";
  private static final String SAVE_WEIGHTS = "save the model's state_dict() with torch.save";

  private final Path path;
  private final MemorySegment file;
  private final Map<String, ZipArchiveEntry> entries = new HashMap<>();

  private TorchZip(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
  }

  /**
   * Reads the pickle; the storages stay where they are.
   *
   * @param channel the open file
   * @param file the same, mapped
   */
  static TorchContent read(Path path, FileChannel channel, MemorySegment file) throws IOException {
    TorchZip zip = new TorchZip(path, file);
    zip.readDirectory(channel);
    String folder = zip.folder();
    zip.requireLittleEndian(folder);
    Pickled object =
        PickleMachine.read(
            new ByteCursor(path, zip.bytes(folder + PICKLE)), new TorchPickles(path));
    return new TorchContent(object, storage -> zip.bytes(folder + "data/" + storage.key()));
  }

  private void readDirectory(FileChannel channel) throws IOException {
    try (ZipFile zip = open(channel)) {
      Enumeration<ZipArchiveEntry> all = zip.getEntries();
      while (all.hasMoreElements()) {
        ZipArchiveEntry entry = all.nextElement();
        if (entries.putIfAbsent(entry.getName(), entry) != null) {
          throw Refusal.damaged(
              path, "has the zip entry %s twice", Refusal.quoted(entry.getName()));
        }
      }
    }
  }

  /** The library's exceptions for broken archives are of many kinds, some of them unchecked. */
  private ZipFile open(FileChannel channel) throws IOException {
    try {
      return ZipFile.builder().setSeekableByteChannel(channel).get();
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          "%s: is a zip whose directory cannot be read (%s); download or save it again"
              .formatted(path, Refusal.quoted(String.valueOf(e.getMessage()))),
          e);
    }
  }

  /** The folder that holds everything, with a slash behind it; empty if there is none. */
  private String folder() throws IOException {
    String found = null;
    for (String name : entries.keySet()) {
      String folder = name.substring(0, name.lastIndexOf('/') + 1);
      if (name.equals(folder + "constants.pkl")) {
        throw Refusal.of(path, "is TorchScript, a program with its weights", SAVE_WEIGHTS);
      }
      if (name.equals(folder + PICKLE)) {
        if (found != null) {
          throw Refusal.damaged(path, "has two entries %s", PICKLE);
        }
        found = folder;
      }
    }
    if (found == null) {
      throw Refusal.of(path, "is a zip without the data.pkl of PyTorch", SAVE_WEIGHTS);
    }
    return found;
  }

  private void requireLittleEndian(String folder) throws IOException {
    if (!entries.containsKey(folder + "byteorder")) {
      return;
    }
    MemorySegment bytes = bytes(folder + "byteorder");
    long length = Math.min(bytes.byteSize(), 16);
    String order = new String(bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), US_ASCII);
    if (!order.equals("little")) {
      throw Refusal.of(
          path,
          "has the byte order %s, wanted \"little\"".formatted(Refusal.quoted(order)),
          "save it on a little-endian machine");
    }
  }

  /** An entry's content. The local header, which alone says where it begins, was read before. */
  private MemorySegment bytes(String name) throws IOException {
    ZipArchiveEntry entry = entries.get(name);
    if (entry == null) {
      throw Refusal.damaged(path, "has no zip entry %s", Refusal.quoted(name));
    }
    if (entry.getMethod() != ZipEntry.STORED
        || entry.getGeneralPurposeBit().usesEncryption()
        || entry.getCompressedSize() != entry.getSize()) {
      throw Refusal.of(
          path,
          "has the zip entry %s compressed or encrypted".formatted(Refusal.quoted(name)),
          "pack it again without compression");
    }
    long begin = entry.getDataOffset();
    long size = entry.getSize();
    if (begin < 0 || size < 0 || begin > file.byteSize() || size > file.byteSize() - begin) {
      throw Refusal.damaged(
          path,
          "has the zip entry %s with bytes %d to %d of %d",
          Refusal.quoted(name),
          begin,
          begin + size,
          file.byteSize());
    }
    return file.asSlice(begin, size);
  }
}
