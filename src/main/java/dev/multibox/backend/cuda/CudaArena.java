package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** Device memory bumped along slabs, so that small tensors share an allocation of the driver's. */
final class CudaArena implements TensorArena {
  private final CudaBackend backend;
  private final Driver driver;
  private final long slabBytes;
  private final List<Long> allocations = new ArrayList<>();
  private long slab;
  private long left;
  private long allocatedBytes;
  private boolean open = true;

  /** {@code slabBytes} is 0 for an allocation of the driver's for every tensor. */
  CudaArena(CudaBackend backend, Driver driver, long slabBytes) {
    this.backend = backend;
    this.driver = driver;
    this.slabBytes = slabBytes;
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    if (!open) {
      throw new IllegalStateException("arena: closed");
    }
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    return Tensor.device(shape, dtype, take(bytes), this);
  }

  @Override
  public Tensor zeros(Shape shape, DType dtype) {
    Tensor tensor = allocate(shape, dtype);
    if (tensor.bytes() > 0) {
      backend.stream().fill(tensor.address(), tensor.bytes(), (byte) 0);
    }
    return tensor;
  }

  private long take(long bytes) {
    long padded = TensorArena.padded(bytes);
    allocatedBytes += padded;
    if (padded > slabBytes / 4) {
      return fromDriver(Math.max(bytes, 1));
    }
    if (padded > left) {
      slab = fromDriver(slabBytes);
      left = slabBytes;
    }
    long address = slab + slabBytes - left;
    left -= padded;
    return address;
  }

  private long fromDriver(long bytes) {
    long address = driver.allocate(bytes);
    allocations.add(address);
    return address;
  }

  @Override
  public long allocatedBytes() {
    return allocatedBytes;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      allocations.forEach(driver::free);
      backend.closed(this);
    }
  }
}
