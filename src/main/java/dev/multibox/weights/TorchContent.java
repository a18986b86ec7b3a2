package dev.multibox.weights;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The two layouts of {@code torch.save} have this in common: one pickle, and the bytes of the
 * storages that it refers to.
 *
 * @param object what the pickle holds
 * @param storages where the bytes of storages lie
 */
record TorchContent(Pickled object, Storages storages) {
  /** Finds the bytes of storages. */
  interface Storages {
    /**
     * The bytes under {@code storage}'s key, in the mapped file.
     *
     * @throws IOException if there are none
     */
    MemorySegment bytes(Pickled.Storage storage) throws IOException;
  }

  /**
   * All bytes of {@code storage}.
   *
   * @throws IOException if the file has none for it, or more or fewer than its elements need
   */
  MemorySegment bytes(Path path, Pickled.Storage storage) throws IOException {
    MemorySegment bytes = storages.bytes(storage);
    int elementBytes = storage.type().bytes();
    if (bytes.byteSize() % elementBytes != 0
        || bytes.byteSize() / elementBytes != storage.elements()) {
      throw Refusal.damaged(
          path,
          "has %d bytes for the storage %s, wanted %d elements %s",
          bytes.byteSize(),
          Refusal.quoted(storage.key()),
          storage.elements(),
          storage.type());
    }
    return bytes.asSlice(storage.first() * elementBytes, storage.count() * elementBytes);
  }
}
