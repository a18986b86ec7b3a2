package dev.multibox.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A file of {@code torch.save}, mapped into memory. The pickle in it is read by {@link
 * PickleMachine}, which runs nothing; every tensor is checked against the bytes that are there
 * before memory is taken.
 *
 * <p>A tensor whose elements lie in row-major order is a part of the mapped file; others, such as
 * channels-last filters, are copied. Numbers and texts become metadata under their dotted names.
 */
public final class TorchFile implements WeightFile {
  /** Tensors may share storages, so their sum may exceed the file: by a little, or this often. */
  private static final long MAX_EXPANSION = 4;

  private static final long ALWAYS_ALLOWED_BYTES = 64L << 20;

  private final Path path;
  private final Arena arena;
  private final String format;
  private final Map<String, String> metadata;
  private final SequencedMap<String, StoredTensor> tensors;

  private TorchFile(
      Path path,
      Arena arena,
      String format,
      Map<String, String> metadata,
      SequencedMap<String, StoredTensor> tensors) {
    this.path = path;
    this.arena = arena;
    this.format = format;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  static boolean isZip(ByteBuffer start) {
    return start.limit() >= 4 && start.getInt(0) == 0x504B0304; // PK\3\4, big-endian
  }

  /** Whether a pickle of a protocol that PyTorch may have used begins here. */
  static boolean isLegacy(ByteBuffer start) {
    return start.limit() >= 2
        && Byte.toUnsignedInt(start.get(0)) == 0x80
        && start.get(1) >= 2
        && start.get(1) <= 5;
  }

  static TorchFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      boolean zip = isZip(file.asSlice(0, Math.min(file.byteSize(), 4)).asByteBuffer());
      TorchContent content =
          zip ? TorchZip.read(path, channel, file) : TorchLegacy.read(path, file);
      PickledTree tree = PickledTree.of(path, content.object());
      SequencedMap<String, StoredTensor> tensors = new LinkedHashMap<>();
      long allowed = ALWAYS_ALLOWED_BYTES + MAX_EXPANSION * file.byteSize();
      for (Map.Entry<String, Pickled.Tensor> entry : tree.tensors().entrySet()) {
        StoredTensor tensor = stored(path, content, entry.getValue(), allowed, arena);
        allowed -= tensor.data().byteSize();
        tensors.put(entry.getKey(), tensor);
      }
      return new TorchFile(
          path, arena, zip ? "PyTorch (zip)" : "PyTorch (legacy)", tree.texts(), tensors);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** Nothing is allocated before the storage is known to be there, and the copy to be small. */
  private static StoredTensor stored(
      Path path, TorchContent content, Pickled.Tensor tensor, long allowed, Arena arena)
      throws IOException {
    MemorySegment storage = content.bytes(path, tensor.storage());
    Strides strides = tensor.strides();
    StoredType type = tensor.storage().type();
    if (strides.shape().size() > allowed / type.bytes()) {
      throw Refusal.of(
          path,
          "its tensors together need more than %d times its bytes".formatted(MAX_EXPANSION),
          "save them without expanding views of each other");
    }
    long bytes = strides.shape().size() * type.bytes();
    if (bytes > 0 && strides.isRowMajor()) {
      return new StoredTensor(
          type, strides.shape(), storage.asSlice(strides.offset() * type.bytes(), bytes));
    }
    MemorySegment rowMajor = arena.allocate(bytes, Long.BYTES);
    strides.gather(storage, type.bytes(), rowMajor);
    return new StoredTensor(type, strides.shape(), rowMajor);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String format() {
    return format;
  }

  @Override
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
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
