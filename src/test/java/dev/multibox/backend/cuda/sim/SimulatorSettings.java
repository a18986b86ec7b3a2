package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DeviceProperties;

/**
 * What a simulated GPU is like.
 *
 * @param seed what the order of streams, blocks, warps and lanes is drawn from; under 0 a warp
 *     stays together as long as it can, so that counters say what a GPU's would
 * @param threads how many threads simulate; results and reports do not depend on it
 * @param instructionLimit how many instructions the warps of a block may run
 * @param device what the driver says of itself
 */
public record SimulatorSettings(
    long seed, int threads, long instructionLimit, DeviceProperties device) {
  private static final long INSTRUCTION_LIMIT = 200_000_000;

  /** A large GPU of compute capability 9.0, simulated by up to two threads. */
  public static SimulatorSettings of(long seed) {
    DeviceProperties device =
        new DeviceProperties(
            "simulated GPU",
            9,
            0,
            12_000,
            132,
            2048,
            1024,
            48 << 10,
            227 << 10,
            50 << 20,
            80L << 30);
    int threads = Math.min(2, Runtime.getRuntime().availableProcessors());
    return new SimulatorSettings(seed, threads, INSTRUCTION_LIMIT, device);
  }

  SimulatorSettings withThreads(int count) {
    return new SimulatorSettings(seed, count, instructionLimit, device);
  }

  SimulatorSettings withInstructionLimit(long limit) {
    return new SimulatorSettings(seed, threads, limit, device);
  }
}
