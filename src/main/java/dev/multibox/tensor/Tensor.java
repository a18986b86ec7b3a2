package dev.multibox.tensor;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A dense, row-major block of elements in the memory of one device.
 *
 * <p>Tensors are views: {@link #slice} and {@link #reshape} share the memory of the tensor they
 * came from, and live as long as its {@link TensorArena}. They also share its {@link #version}.
 */
public final class Tensor {
  /** What all views of one allocation share. */
  private static final class Storage {
    private static final AtomicLong VERSIONS = new AtomicLong();

    private final TensorArena arena;
    private long version = VERSIONS.incrementAndGet();

    Storage(TensorArena arena) {
      this.arena = arena;
    }
  }

  private final Shape shape;
  private final DType dtype;
  private final MemorySegment memory;
  private final Storage storage;

  private Tensor(Shape shape, DType dtype, MemorySegment memory, Storage storage) {
    this.shape = shape;
    this.dtype = dtype;
    this.memory = memory;
    this.storage = storage;
  }

  /**
   * A tensor over host memory; for arenas of a backend.
   *
   * @throws IllegalArgumentException if {@code memory} is not exactly as long as the shape needs
   */
  public static Tensor host(Shape shape, DType dtype, MemorySegment memory, TensorArena arena) {
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    if (memory.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "tensor: memory was %d bytes, %s %s needs %d"
              .formatted(memory.byteSize(), shape, dtype, bytes));
    }
    return new Tensor(shape, dtype, memory, new Storage(arena));
  }

  /** A tensor over device memory, which only kernels can read; for arenas of a backend. */
  public static Tensor device(Shape shape, DType dtype, long address, TensorArena arena) {
    return new Tensor(shape, dtype, MemorySegment.ofAddress(address), new Storage(arena));
  }

  /** The same over device memory that somebody else keeps, for as long as this tensor is used. */
  public static Tensor unowned(Shape shape, DType dtype, long address) {
    return device(shape, dtype, address, NoArena.INSTANCE);
  }

  public Shape shape() {
    return shape;
  }

  public DType dtype() {
    return dtype;
  }

  /** The number of elements. */
  public long size() {
    return shape.size();
  }

  public long bytes() {
    return shape.size() * dtype.bytes();
  }

  /** The address of the first element on this tensor's device. */
  public long address() {
    requireOpen();
    return memory.address();
  }

  /**
   * The elements as host memory, in native byte order.
   *
   * @throws IllegalStateException if the tensor lies on a device, or its arena is closed
   */
  public MemorySegment host() {
    requireOpen();
    if (memory.byteSize() != bytes()) {
      throw new IllegalStateException(
          "tensor: %s lies on a device; download it first".formatted(this));
    }
    return memory;
  }

  /** The same elements in another shape of equal size. */
  public Tensor reshape(Shape other) {
    if (other.size() != shape.size()) {
      throw new IllegalArgumentException(
          "reshape: was %s, cannot become %s".formatted(shape, other));
    }
    return new Tensor(other, dtype, memory, storage);
  }

  /** The first bytes of this tensor as another shape and type: memory that is used again. */
  public Tensor reinterpret(Shape otherShape, DType otherType) {
    long needed = Math.multiplyExact(otherShape.size(), otherType.bytes());
    if (needed > bytes()) {
      throw new IllegalArgumentException(
          "reinterpret: %s has %d bytes, %s %s needs %d"
              .formatted(this, bytes(), otherShape, otherType, needed));
    }
    MemorySegment part = memory.byteSize() == bytes() ? memory.asSlice(0, needed) : memory;
    return new Tensor(otherShape, otherType, part, storage);
  }

  /** {@code other.size()} elements from {@code firstElement} on, in the shape {@code other}. */
  public Tensor slice(long firstElement, Shape other) {
    if (firstElement < 0 || other.size() > size() - firstElement) {
      throw new IllegalArgumentException(
          "slice: %s from element %d does not lie in %s".formatted(other, firstElement, shape));
    }
    long from = firstElement * dtype.bytes();
    MemorySegment part =
        memory.byteSize() == bytes()
            ? memory.asSlice(from, other.size() * dtype.bytes())
            : MemorySegment.ofAddress(memory.address() + from);
    return new Tensor(other, dtype, part, storage);
  }

  /** The element {@code index} of the first axis: one image of a batch. */
  public Tensor get(long index) {
    long[] dims = shape.dims();
    long[] rest = new long[dims.length - 1];
    System.arraycopy(dims, 1, rest, 0, rest.length);
    Shape inner = Shape.of(rest);
    return slice(index * inner.size(), inner);
  }

  /**
   * A number that changes whenever the allocation behind this tensor is written as a whole or in
   * part, as far as the writers say so with {@link #markWritten}. What was derived from a tensor,
   * such as a filter in the layout a convolution prefers, stays valid while this number does. No
   * other allocation of this process ever has the same one, not even at the same address later.
   */
  public long version() {
    return storage.version;
  }

  /** Says that elements of this tensor, or of one that shares its memory, changed. */
  public void markWritten() {
    storage.version = Storage.VERSIONS.incrementAndGet();
  }

  /** Whether the memory is still there: false once the arena is closed. */
  public boolean isOpen() {
    return storage.arena.isOpen();
  }

  private void requireOpen() {
    if (!isOpen()) {
      throw new IllegalStateException("tensor: %s belongs to a closed arena".formatted(this));
    }
  }

  /** For example {@code [8732, 4] F32}. */
  @Override
  public String toString() {
    return shape + " " + dtype;
  }
}
