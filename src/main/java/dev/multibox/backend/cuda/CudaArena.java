package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Slabs;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** Device memory bumped along slabs, so that small tensors share an allocation of the driver's. */
final class CudaArena implements TensorArena, Slabs.Source<Long> {
  private final CudaBackend backend;
  private final Driver driver;
  private final Slabs<Long> slabs;
  private final List<Long> allocations = new ArrayList<>();
  private boolean open = true;

  /** {@code slabBytes} is 0 for an allocation of the driver's for every tensor. */
  CudaArena(CudaBackend backend, Driver driver, long slabBytes) {
    this.backend = backend;
    this.driver = driver;
    slabs = new Slabs<>(slabBytes, this);
  }

  @Override
  public Tensor allocate(Shape shape, DType dtype) {
    if (!open) {
      throw new IllegalStateException("arena: closed");
    }
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    return Tensor.device(shape, dtype, slabs.take(bytes), this);
  }

  @Override
  public Tensor zeros(Shape shape, DType dtype) {
    Tensor tensor = allocate(shape, dtype);
    if (tensor.bytes() > 0) {
      backend.stream().fill(tensor.address(), tensor.bytes(), (byte) 0);
    }
    return tensor;
  }

  @Override
  public Long allocate(long bytes) {
    long address = driver.allocate(bytes);
    allocations.add(address);
    return address;
  }

  @Override
  public Long part(Long slab, long offset, long bytes) {
    return slab + offset;
  }

  @Override
  public long allocatedBytes() {
    return slabs.allocatedBytes();
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
