package dev.multibox.backend.cuda.driver;

/** A function that runs on the device, to be started by a {@link Launch}. */
public interface Kernel {
  /** The name of the function in CUDA and PTX. */
  String name();

  /** What the function takes, as its PTX declares it. */
  ParameterLayout parameters();

  /** What the function needs and may use. */
  KernelAttributes attributes();

  /**
   * Allows launches up to {@code bytes} of dynamic shared memory, above the 48 KiB less static
   * shared memory that every kernel may use.
   *
   * @throws DriverException if the device has less
   */
  void allowDynamicShared(int bytes);
}
