package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.report.LaunchScope;

/**
 * One launch of a kernel.
 *
 * @param parameters the argument block, in host memory
 * @param parameterBytes its size
 * @param dynamicShared dynamic shared memory per block, in bytes
 * @param seed what the order of blocks, warps and lanes is drawn from
 * @param instructionLimit how many instructions the warps of a block may run
 */
public record Launchable(
    Program program,
    LaunchScope scope,
    long parameters,
    int parameterBytes,
    int dynamicShared,
    long seed,
    long instructionLimit) {
  /** The i-th block to run is {@code (i * stride + offset) % count}. */
  long stride(long count) {
    long stride = Math.floorMod(seed * 0x9e3779b1L, count);
    while (gcd(stride, count) != 1) {
      stride = (stride + 1) % count;
    }
    return stride;
  }

  long offset(long count) {
    return Math.floorMod(seed * 0x85ebca77L, count);
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** Whether one thread must run all blocks. */
  boolean isOrdered() {
    return program.traits().areOrdered();
  }

  long threads() {
    return scope.grid().size() * scope.block().size();
  }
}
