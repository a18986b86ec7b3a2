package dev.multibox.weights;

import dev.multibox.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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

  /** An F32 tensor with a copy of these values, outside of the heap, which frees itself. */
  public static StoredTensor of(Shape shape, float[] values) {
    MemorySegment data = Arena.ofAuto().allocate(values.length * (long) Float.BYTES);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return new StoredTensor(StoredType.F32, shape, data);
  }

  /** For example {@code [64, 3, 3, 3] F32}. */
  @Override
  public String toString() {
    return shape + " " + type;
  }
}
