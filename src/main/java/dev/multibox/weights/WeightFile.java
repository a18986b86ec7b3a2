package dev.multibox.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SequencedMap;

/**
 * An open file of weights of any format that is read. Tensors are parts of the mapped file, which
 * {@link #close} takes away.
 */
public sealed interface WeightFile extends AutoCloseable permits SafetensorsFile, TorchFile {
  /**
   * Opens a file by its content, whatever its name.
   *
   * @throws IOException if it cannot be read, is of no known format, or is damaged; the message
   *     names the file and what to do
   */
  static WeightFile open(Path path) throws IOException {
    ByteBuffer start = start(path);
    if (start.limit() == 0) {
      throw Refusal.of(path, "is empty", "download or save it again");
    }
    if (TorchFile.isZip(start) || TorchFile.isLegacy(start)) {
      return TorchFile.open(path);
    }
    if (start.limit() > SafetensorsFile.LENGTH_BYTES
        && start.get(SafetensorsFile.LENGTH_BYTES) == '{') {
      return SafetensorsFile.open(path);
    }
    throw Refusal.of(
        path, "is neither safetensors nor a file that torch.save wrote", "name one that is");
  }

  private static ByteBuffer start(Path path) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(16);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      int read;
      do {
        read = channel.read(start);
      } while (read >= 0 && start.hasRemaining());
    }
    return start.flip();
  }

  /** The file this was opened from. */
  Path path();

  /** The format, as a user calls it. */
  String format();

  /** Texts beside the tensors. */
  Map<String, String> metadata();

  /** All tensors by name, in the order of the file. */
  SequencedMap<String, StoredTensor> tensors();

  /**
   * The tensor of this name.
   *
   * @throws IOException if the file has none of this name
   */
  default StoredTensor tensor(String name) throws IOException {
    StoredTensor tensor = tensors().get(name);
    if (tensor == null) {
      throw new IOException(
          "%s: has no tensor \"%s\" among its %d; is it a file of this model?"
              .formatted(path(), name, tensors().size()));
    }
    return tensor;
  }

  /** Unmaps the file. */
  @Override
  void close();
}
