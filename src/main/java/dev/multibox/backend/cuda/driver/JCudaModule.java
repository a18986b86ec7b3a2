package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static jcuda.driver.CUjit_option.CU_JIT_ERROR_LOG_BUFFER;
import static jcuda.driver.CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleGetGlobal;
import static jcuda.driver.JCudaDriver.cuModuleLoadDataEx;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;

/** PTX that the driver compiled for its GPU. */
final class JCudaModule implements KernelModule {
  private static final int LOG_BYTES = 16 << 10;

  private final JCudaDriver driver;
  private final String name;
  private final String ptx;
  private final CUmodule module = new CUmodule();

  JCudaModule(JCudaDriver driver, String name, byte[] ptx) {
    this.driver = driver;
    this.name = name;
    this.ptx = new String(ptx, StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      // The driver reads text up to a zero.
      MemorySegment image = arena.allocate(ptx.length + 1L);
      MemorySegment.copy(ptx, 0, image, JAVA_BYTE, 0, ptx.length);
      MemorySegment log = arena.allocate(LOG_BYTES);
      MemorySegment values = arena.allocate(JAVA_LONG, 2);
      values.setAtIndex(JAVA_LONG, 0, log.address());
      values.setAtIndex(JAVA_LONG, 1, LOG_BYTES);
      int[] options = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
      int status =
          cuModuleLoadDataEx(
              module, Native.host(image), options.length, options, Native.host(values));
      if (status != CUresult.CUDA_SUCCESS) {
        throw refused(status, log.getString(0).strip());
      }
    }
  }

  private DriverException refused(int status, String said) {
    String call = String.format(Locale.ROOT, "load(name=%s, %d bytes)", name, ptx.length());
    DriverException failure = DriverStatus.failure(status, call);
    return said.isEmpty() ? failure : new DriverException(call, failure.error(), said);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Kernel kernel(String kernel) {
    driver.use();
    CUfunction function = new CUfunction();
    check(cuModuleGetFunction(function, module, kernel), "%s: kernel(name=%s)", name, kernel);
    return new JCudaKernel(driver, function, ParameterLayout.read(ptx, kernel));
  }

  @Override
  public long address(String variable) {
    driver.use();
    Native.DevicePointer pointer = new Native.DevicePointer();
    check(
        cuModuleGetGlobal(pointer, new long[1], module, variable),
        "%s: address(variable=%s)",
        name,
        variable);
    return pointer.address();
  }

  @Override
  public void close() {
    driver.use();
    check(cuModuleUnload(module), "%s: close()", name);
  }
}
