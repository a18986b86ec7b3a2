package dev.multibox.backend.cuda.driver;

/**
 * What a GPU is and what it has room for.
 *
 * @param name for example {@code NVIDIA H200}
 * @param computeMajor the compute capability before the dot
 * @param computeMinor the compute capability after the dot
 * @param driverVersion the CUDA version of the driver, for example 12040 for 12.4
 * @param multiprocessors how many blocks run side by side at least
 * @param maxThreadsPerMultiprocessor how many threads are resident on one at most
 * @param maxThreadsPerBlock the largest block
 * @param sharedBytesPerBlock shared memory that every kernel may use
 * @param optInSharedBytesPerBlock shared memory that {@link Kernel#allowDynamicShared} may allow
 * @param l2Bytes the size of the second-level cache
 * @param totalBytes the size of the device memory
 */
public record DeviceProperties(
    String name,
    int computeMajor,
    int computeMinor,
    int driverVersion,
    int multiprocessors,
    int maxThreadsPerMultiprocessor,
    int maxThreadsPerBlock,
    int sharedBytesPerBlock,
    int optInSharedBytesPerBlock,
    int l2Bytes,
    long totalBytes) {
  /** For example {@code sm_90}. */
  public String architecture() {
    return "sm_%d%d".formatted(computeMajor, computeMinor);
  }
}
