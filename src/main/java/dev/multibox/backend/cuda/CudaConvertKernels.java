package dev.multibox.backend.cuda;

import dev.multibox.backend.ConvertKernels;
import dev.multibox.tensor.Tensor;

/** {@code convert.cu}. */
final class CudaConvertKernels extends ConvertKernels {
  private final KernelFamily kernels;

  CudaConvertKernels(KernelFamily kernels) {
    this.kernels = kernels;
  }

  @Override
  protected void runConvert(Tensor x, Tensor out) {
    if (x.size() == 0) {
      return;
    }
    if (x.dtype() == out.dtype()) {
      kernels.stream().copy(x.address(), out.address(), x.bytes());
      return;
    }
    kernels
        .launch(
            "convert_%s_%s"
                .formatted(KernelFamily.suffix(x.dtype()), KernelFamily.suffix(out.dtype())))
        .grid(KernelFamily.blocks(x.size(), KernelFamily.packed(x.dtype(), out.dtype())))
        .arg(x.size())
        .arg(x.address())
        .arg(out.address())
        .run(kernels.stream());
  }
}
