package dev.multibox.backend.cuda.driver;

/** Compiled PTX: kernels and the variables they share. */
public interface KernelModule extends AutoCloseable {
  /** The name that was given to {@link Driver#load}. */
  String name();

  /**
   * The kernel of an {@code extern "C" __global__} function.
   *
   * @throws DriverException if the module has none of that name
   */
  Kernel kernel(String name);

  /**
   * The device address of a {@code __device__} or {@code __constant__} variable.
   *
   * @throws DriverException if the module has none of that name
   */
  long address(String variable);

  @Override
  void close();
}
