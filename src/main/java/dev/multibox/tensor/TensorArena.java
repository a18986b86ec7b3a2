package dev.multibox.tensor;

/**
 * Owns the memory of the tensors it allocated, after {@link java.lang.foreign.Arena}: closing it
 * frees them all at once, and any later use of one throws {@link IllegalStateException}.
 */
public interface TensorArena extends AutoCloseable {
  /** Alignment of every allocation, in bytes: a whole number of cache lines and GPU sectors. */
  int ALIGNMENT = 256;

  /** What a tensor of so many bytes takes: an empty one too has an address of its own. */
  static long padded(long bytes) {
    return Math.ceilDiv(Math.max(bytes, 1), ALIGNMENT) * ALIGNMENT;
  }

  /** A tensor whose content is left as it was. */
  Tensor allocate(Shape shape, DType dtype);

  /** A tensor of zeros. */
  Tensor zeros(Shape shape, DType dtype);

  /** Bytes handed out so far, padding to the alignment included. */
  long allocatedBytes();

  boolean isOpen();

  /** Frees every tensor of this arena; a second call does nothing. */
  @Override
  void close();
}
