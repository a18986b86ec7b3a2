package dev.multibox.backend.cpu;

import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.Normalisation;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** Stub. */
final class CpuImageKernels extends ImageKernels {
  @SuppressWarnings("UnusedVariable")
  private final Parallel parallel;

  CpuImageKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runPrepare(
      List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void runResizeBilinear(Tensor x, Tensor out) {
    throw new UnsupportedOperationException();
  }
}
