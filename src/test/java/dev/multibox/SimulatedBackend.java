package dev.multibox;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import java.util.List;

/**
 * The CUDA backend on a simulated GPU, which refuses every access a kernel should not make.
 * Convolution, the one family without a kernel of ours, is the CPU's on the simulated memory.
 */
public final class SimulatedBackend {
  /** The families whose kernels the CUDA backend has. */
  private static final List<String> FAMILIES =
      List.of(
          "Elementwise",
          "Convert",
          "Box",
          "Pooling",
          "BatchNorm",
          "L2Norm",
          "Nms",
          "Detect",
          "Image",
          "Optimizer",
          "Loss",
          "Multibox");

  private SimulatedBackend() {}

  /** Whether a test or an op, named after its family, can be run on it. */
  public static boolean has(String name) {
    return FAMILIES.stream().anyMatch(name::startsWith);
  }

  /** How many schedules each test is run with: 1, or {@code -Dmultibox.seeds}. */
  public static int seeds() {
    return Integer.getInteger("multibox.seeds", 1);
  }

  /** One with the first schedule. */
  public static Backend open() {
    return open(1);
  }

  /** One whose schedule is drawn from {@code seed}. */
  public static Backend open(long seed) {
    return CudaBackend.openUnpooled(SimulatedDriver.open(seed), HostConvolution::open);
  }
}
