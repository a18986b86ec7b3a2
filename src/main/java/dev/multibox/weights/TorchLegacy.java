package dev.multibox.weights;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code torch.save} wrote before PyTorch 1.6: pickles of a magic number, a version, facts
 * about the system, the object, and the list of the storages' keys; then for each key the count of
 * its elements, eight bytes, and the elements.
 */
final class TorchLegacy {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final BigInteger VERSION = BigInteger.valueOf(1001);

  private final Path path;
  private final ByteCursor cursor;
  private final TorchPickles objects;
  private final Map<String, MemorySegment> storages = new HashMap<>();

  private TorchLegacy(Path path, MemorySegment file) {
    this.path = path;
    cursor = new ByteCursor(path, file);
    objects = new TorchPickles(path);
  }

  /** Reads a mapped file. */
  static TorchContent read(Path path, MemorySegment file) throws IOException {
    TorchLegacy legacy = new TorchLegacy(path, file);
    legacy.requireHeader();
    Pickled object = legacy.next();
    legacy.readStorages();
    return new TorchContent(object, legacy::bytes);
  }

  private Pickled next() throws IOException {
    return PickleMachine.read(cursor, objects);
  }

  private void requireHeader() throws IOException {
    if (!isNumber(next(), MAGIC) || !isNumber(next(), VERSION)) {
      throw Refusal.of(
          path, "is a pickle, but not one that torch.save wrote", "save it with torch.save");
    }
    if (!(next() instanceof Pickled.Dict system)) {
      throw Refusal.damaged(path, "has no facts about the system that wrote it");
    }
    if (!new Pickled.Flag(true).equals(system.entries().get("little_endian"))) {
      throw Refusal.of(path, "has its numbers big-endian", "save it on a little-endian machine");
    }
  }

  private static boolean isNumber(Pickled value, BigInteger wanted) {
    return value instanceof Pickled.Int(BigInteger number) && number.equals(wanted);
  }

  private void readStorages() throws IOException {
    Map<String, StoredType> types = objects.storageTypes();
    if (!(next() instanceof Pickled.Items(List<Pickled> keys))) {
      throw Refusal.damaged(path, "has no list of its storages");
    }
    for (Pickled element : keys) {
      if (!(element instanceof Pickled.Text(String key)) || !types.containsKey(key)) {
        throw Refusal.damaged(path, "lists a storage that none of its tensors lies in");
      }
      long elements = cursor.signedLong();
      int elementBytes = types.get(key).bytes();
      if (elements < 0 || elements > cursor.remaining() / elementBytes) {
        throw Refusal.damaged(
            path,
            "has %d bytes left for the %d elements of storage %s",
            cursor.remaining(),
            elements,
            Refusal.quoted(key));
      }
      if (storages.putIfAbsent(key, cursor.segment(elements * elementBytes)) != null) {
        throw Refusal.damaged(path, "has the storage %s twice", Refusal.quoted(key));
      }
    }
    if (cursor.remaining() > 0) {
      throw Refusal.damaged(path, "has %d bytes behind its last storage", cursor.remaining());
    }
  }

  private MemorySegment bytes(Pickled.Storage storage) throws IOException {
    MemorySegment bytes = storages.get(storage.key());
    if (bytes == null) {
      throw Refusal.damaged(path, "has no storage %s", Refusal.quoted(storage.key()));
    }
    return bytes;
  }
}
