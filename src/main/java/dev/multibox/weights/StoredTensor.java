package dev.multibox.weights;

import dev.multibox.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A tensor as a weight file holds it.
 *
 * @param data the elements, row-major and little-endian, exactly {@code shape.size() *
 *     type.bytes()} bytes; read it with unaligned layouts, since files promise no alignment
 */
public record StoredTensor(StoredType type, Shape shape, MemorySegment data) {
  /**
   * @throws IllegalArgumentException if {@code data} is not as long as the shape needs
   */
  public StoredTensor {
    long needed = Math.multiplyExact(shape.size(), type.bytes());
    if (data.byteSize() != needed) {
      throw new IllegalArgumentException(
          "stored tensor: data was %d bytes, %s %s needs %d"
              .formatted(data.byteSize(), shape, type, needed));
    }
  }

  /** For example {@code [64, 3, 3, 3] F32}. */
  @Override
  public String toString() {
    return shape + " " + type;
  }
}
