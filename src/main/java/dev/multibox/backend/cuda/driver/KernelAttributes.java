package dev.multibox.backend.cuda.driver;

/**
 * What a kernel needs and may use.
 *
 * @param maxThreadsPerBlock the most threads a block may have, from the device or from {@code
 *     __launch_bounds__}
 * @param registers per thread; 0 if the driver does not know
 * @param staticSharedBytes shared memory that the kernel declares
 * @param maxDynamicSharedBytes shared memory that a launch may add
 * @param localBytes memory per thread, for arrays and spilled registers
 */
public record KernelAttributes(
    int maxThreadsPerBlock,
    int registers,
    int staticSharedBytes,
    int maxDynamicSharedBytes,
    int localBytes) {}
