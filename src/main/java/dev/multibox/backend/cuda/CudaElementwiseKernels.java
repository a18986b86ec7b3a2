package dev.multibox.backend.cuda;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** {@code elementwise.cu}, and {@code channels.cu} by {@link CudaChannels}. */
final class CudaElementwiseKernels extends ElementwiseKernels {
  /** The first stage of a sum has at most so many parts, whatever the device: the same bits. */
  private static final int MOST_PARTS = 1024;

  /** Packs a thread of {@code sum} takes. */
  private static final int SUM_PACKS = 4;

  private final KernelFamily kernels;
  private final ColumnSums columns;
  private final CudaChannels channels;
  private final CudaConvertKernels convert;

  CudaElementwiseKernels(
      KernelFamily kernels, ColumnSums columns, CudaChannels channels, CudaConvertKernels convert) {
    this.kernels = kernels;
    this.columns = columns;
    this.channels = channels;
    this.convert = convert;
  }

  private Launch pointwise(String op, Tensor x) {
    return kernels
        .launch(op, x.dtype())
        .grid(KernelFamily.blocks(x.size(), KernelFamily.packed(x.dtype())))
        .arg(x.size());
  }

  @Override
  protected void runFill(Tensor out, float value) {
    if (out.size() > 0) {
      pointwise("fill", out).arg(value).arg(out.address()).run(kernels.stream());
    }
  }

  @Override
  protected void runAdd(Tensor a, Tensor b, Activation activation, Tensor out) {
    if (a.size() > 0) {
      pointwise("add", a)
          .arg(a.address())
          .arg(b.address())
          .arg(KernelFamily.code(activation))
          .arg(out.address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runAccumulate(Tensor dOut, Gradient dx) {
    if (!dx.adds()) {
      convert.runConvert(dOut, dx.tensor());
    } else if (dOut.size() > 0) {
      boolean widens = dOut.dtype() != dx.tensor().dtype();
      (widens ? kernels.launch("accumulate_f16_f32") : kernels.launch("accumulate", dOut.dtype()))
          .grid(KernelFamily.blocks(dOut.size(), KernelFamily.packed(dx.tensor().dtype())))
          .arg(dOut.size())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runActivation(Tensor x, Activation activation, Tensor out) {
    if (x.size() > 0) {
      pointwise("activation", x)
          .arg(x.address())
          .arg(KernelFamily.code(activation))
          .arg(out.address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runActivationBackward(Tensor y, Activation activation, Tensor dOut, Gradient dx) {
    if (y.size() > 0) {
      pointwise("activation_backward", y)
          .arg(KernelFamily.code(activation))
          .arg(y.address())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  @Override
  protected void runBias(Tensor x, Tensor bias, Activation activation, Tensor out) {
    if (x.size() == 0) {
      return;
    }
    RowBlocks.launch(kernels, "bias", x)
        .arg(x.address())
        .arg(bias.address())
        .arg(KernelFamily.code(activation))
        .arg(out.address())
        .run(kernels.stream());
  }

  @Override
  protected void runBiasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
    if (y.shape().dim(-1) == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.parts(y, 1);
    if (parts.parts() > 0) {
      ColumnSums.firstStage(kernels, "bias_backward", y, parts)
          .arg(KernelFamily.code(activation))
          .arg(y.address())
          .arg(dOut.address())
          .arg(dz == null ? dOut.address() : dz.address())
          .arg(parts.partial())
          .run(kernels.stream());
    }
    columns.join(parts, 1, dBias);
  }

  @Override
  protected void runMaskedActivation(Tensor x, Activation activation, Tensor out, Tensor mask) {
    maskedBias(x, 0L, activation, out, mask);
  }

  @Override
  protected void runMaskedBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask) {
    maskedBias(x, bias.address(), activation, out, mask);
  }

  private void maskedBias(Tensor x, long bias, Activation activation, Tensor out, Tensor mask) {
    if (x.size() > 0) {
      RowBlocks.launchMasked(kernels, "masked_bias", x)
          .arg(x.address())
          .arg(bias)
          .arg(KernelFamily.code(activation))
          .arg(out.address())
          .arg(mask.address())
          .run(kernels.stream());
    }
  }

  @Override
  protected void runMaskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx) {
    if (dOut.size() > 0) {
      RowBlocks.launchMasked(kernels, "masked_activation_backward", dOut)
          .arg(mask.address())
          .arg(dOut.address())
          .arg(dx.tensor().address())
          .arg(dx.adds() ? 1 : 0)
          .run(kernels.stream());
    }
  }

  @Override
  protected void runMaskedBiasBackward(Tensor mask, Tensor dOut, Tensor dz, Gradient dBias) {
    if (dOut.shape().dim(-1) == 0) {
      return;
    }
    ColumnSums.Parts parts = columns.parts(dOut, 1);
    if (parts.parts() > 0) {
      ColumnSums.maskedFirstStage(kernels, "masked_bias_backward", dOut, parts)
          .arg(mask.address())
          .arg(dOut.address())
          .arg(dz.address())
          .arg(parts.partial())
          .run(kernels.stream());
    }
    columns.join(parts, 1, dBias);
  }

  @Override
  protected void runScaleChannels(Tensor x, Tensor scale, Tensor out) {
    channels.scale(x, scale, out);
  }

  @Override
  protected void runScaleChannelsBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    channels.scaleBackward(x, scale, dOut, dx, dScale);
  }

  @Override
  protected void runJoinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out) {
    channels.join(a, Math.toIntExact(fromA), b, Math.toIntExact(fromB), out);
  }

  @Override
  protected void runJoinChannelsBackward(Tensor dOut, long first, long count, Gradient part) {
    channels.part(dOut, Math.toIntExact(first), Math.toIntExact(count), part);
  }

  @Override
  protected void runSum(Tensor x, Tensor sum) {
    int parts =
        (int)
            Math.min(
                MOST_PARTS,
                KernelFamily.blocks(x.size(), SUM_PACKS * KernelFamily.packed(x.dtype())));
    long partial = kernels.workspace().take(MOST_PARTS * (long) Float.BYTES);
    if (parts > 0) {
      kernels
          .launch("sum", x.dtype())
          .grid(parts)
          .arg(x.size())
          .arg(x.address())
          .arg(partial)
          .run(kernels.stream());
    }
    kernels
        .launch("total")
        .grid(1)
        .arg(parts)
        .arg(partial)
        .arg(sum.address())
        .run(kernels.stream());
  }
}
