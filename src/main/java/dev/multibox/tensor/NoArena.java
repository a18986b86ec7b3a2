package dev.multibox.tensor;

/** What stands for an arena where memory belongs to none: always open, and owner of nothing. */
enum NoArena implements TensorArena {
  INSTANCE;

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    throw new UnsupportedOperationException("tensor: has no arena that could allocate another");
  }

  @Override
  public Tensor zeros(Shape shape, DType dtype) {
    return allocate(shape, dtype);
  }

  @Override
  public long allocatedBytes() {
    return 0;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {
    // Owns nothing.
  }
}
