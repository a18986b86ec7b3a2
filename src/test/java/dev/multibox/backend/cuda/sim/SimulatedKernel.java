package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Kernel;
import dev.multibox.backend.cuda.driver.KernelAttributes;
import dev.multibox.backend.cuda.driver.ParameterLayout;
import dev.multibox.backend.cuda.sim.exec.Program;

/** A compiled kernel. */
final class SimulatedKernel implements Kernel {
  private final Program program;
  private final ParameterLayout parameters;
  private final DeviceProperties device;
  private int sharedLimit;

  SimulatedKernel(Program program, ParameterLayout parameters, DeviceProperties device) {
    this.program = program;
    this.parameters = parameters;
    this.device = device;
    sharedLimit = device.sharedBytesPerBlock();
  }

  Program program() {
    return program;
  }

  @Override
  public String name() {
    return program.name();
  }

  @Override
  public ParameterLayout parameters() {
    return parameters;
  }

  @Override
  public KernelAttributes attributes() {
    int most = device.maxThreadsPerBlock();
    int threads = program.maxThreads() == 0 ? most : Math.min(most, program.maxThreads());
    return new KernelAttributes(
        threads,
        0,
        program.sharedBytes(),
        sharedLimit - program.sharedBytes(),
        program.localBytes());
  }

  @Override
  public void allowDynamicShared(int bytes) {
    int most = device.optInSharedBytesPerBlock() - program.sharedBytes();
    if (bytes < 0 || bytes > most) {
      throw new DriverException(
          "Kernel.allowDynamicShared(kernel=%s, bytes=%d)".formatted(name(), bytes),
          "CUDA_ERROR_INVALID_VALUE",
          "the device has %d bytes".formatted(most));
    }
    sharedLimit = Math.max(sharedLimit, bytes + program.sharedBytes());
  }
}
