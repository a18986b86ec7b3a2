package dev.multibox.backend.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One GPU, as far as this project needs it: the calls of CUDA's driver API behind an interface, so
 * that a simulated GPU can stand in.
 *
 * <p>Any thread may call any method, but an object made here (a stream, an event, a launch) serves
 * one thread at a time. Streams, events, modules and graphs are closed before their driver.
 *
 * <p>What a kernel did wrong may surface only in a later call, as on a GPU; {@code
 * -Dmultibox.syncLaunches=true} makes every launch wait for its kernel and name it.
 *
 * <p>Every method throws {@link DriverException}, naming the call and its arguments, if the driver
 * refuses.
 */
public interface Driver extends AutoCloseable {
  /** What {@link #allocate} aligns to, in bytes. */
  long ALIGNMENT = 256;

  /** What this GPU is and what it has room for. */
  DeviceProperties device();

  /** The bytes of device memory that are not allocated, by this process or any other. */
  long freeBytes();

  /**
   * Allocates device memory. Its content is undefined; it stays until {@link #free}.
   *
   * @return the address of the first byte, a multiple of {@link #ALIGNMENT}
   * @throws IllegalArgumentException if {@code bytes} is not positive
   * @throws DriverException {@linkplain DriverException#isOutOfMemory out of memory} if there is
   *     not enough
   */
  long allocate(long bytes);

  /**
   * Waits until the device is idle, then frees what {@link #allocate} returned.
   *
   * @throws DriverException if {@code address} is not the start of such memory
   */
  void free(long address);

  /**
   * Allocates page-locked host memory, which the device can copy from and to while the host goes
   * on. Its content is undefined; it is freed when {@code arena} is closed.
   */
  MemorySegment allocatePinned(long bytes, Arena arena);

  /**
   * Waits until the device is idle, then copies {@code source}, which may be any host memory, to
   * {@code target}. The source may be changed on return.
   */
  void upload(MemorySegment source, long target);

  /**
   * Waits until the device is idle, then fills {@code target}, which may be any host memory, from
   * {@code source}.
   */
  void download(long source, MemorySegment target);

  /** A new stream. Streams are ordered among each other by events alone. */
  Stream newStream();

  /** A new event, not recorded. */
  Event newEvent();

  /**
   * Compiles PTX for this device.
   *
   * @param name says in messages where the PTX is from, for example {@code loss.ptx}
   * @throws DriverException with the compiler's words if the PTX is faulty
   */
  KernelModule load(String name, byte[] ptx);

  /** Waits until everything on every stream is done. */
  void synchronize();

  /** Frees all that is left of this driver on the device. */
  @Override
  void close();
}
