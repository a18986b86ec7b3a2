package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules of {@link BatchNormKernels}, alone and behind the convolution it normalises. */
public final class BatchNormOps {
  private BatchNormOps() {}

  /**
   * What a batch norm learns and keeps.
   *
   * @param gamma {@code [C]} F32, the scale
   * @param beta {@code [C]} F32, the shift
   * @param runningMean {@code [C]} F32, read in inference, updated in training
   * @param runningVariance {@code [C]} F32, likewise
   * @param epsilon added to the variance
   * @param momentum the weight of a batch in the running averages
   */
  public record BatchNorm(
      Variable gamma,
      Variable beta,
      Tensor runningMean,
      Tensor runningVariance,
      float epsilon,
      float momentum) {}

  /**
   * {@code activation(gamma x̂ + beta)}, by batch statistics in training, running ones otherwise.
   */
  public static Variable batchNorm(Tape tape, Variable x, BatchNorm norm, Activation activation) {
    Tensor y = tape.allocate(x.shape(), x.value().dtype());
    Normalised normalised = normalise(tape, x.value(), norm, null, activation, y);
    return tape.record(
        "batchNorm",
        List.of(x, norm.gamma(), norm.beta()),
        y,
        List.of(),
        out -> {
          Tensor sums = normalised.reduce(tape, norm, activation, out);
          if (x.needsGradient()) {
            normalised.backwardData(tape, norm, out.grad(), sums, x.gradient());
          }
          tape.release(sums);
        });
  }

  /**
   * The fused unit {@code activation(batchNorm(convolution(x)))}. The gradient goes back through
   * activation, norm and convolution in the one buffer it arrived in.
   */
  public static Variable convBn(
      Tape tape,
      Variable x,
      Variable filter,
      ConvolutionParams params,
      BatchNorm norm,
      Activation activation) {
    if (!tape.isTraining()) {
      return inferred(tape, x, filter, params, norm, null, activation);
    }
    Tensor z = convolve(tape, x, filter, params);
    Tensor y = tape.allocate(z.shape(), z.dtype());
    Normalised normalised = normalise(tape, z, norm, null, activation, y);
    return tape.record(
        "convBn",
        List.of(x, filter, norm.gamma(), norm.beta()),
        y,
        List.of(z),
        out -> {
          Tensor dz = out.grad();
          Tensor sums = normalised.reduce(tape, norm, activation, out);
          normalised.backwardData(tape, norm, dz, sums, Gradient.overwrite(dz));
          tape.release(sums);
          ConvolutionOps.backward(tape.backend().convolution(), dz, x, filter, params);
        });
  }

  /**
   * The fused unit {@code activation(batchNorm(convolution(x)) + residual)} that ends a residual
   * block. The gradient behind the activation is also the residual's: it is handed over.
   */
  public static Variable convBnAdd(
      Tape tape,
      Variable x,
      Variable filter,
      ConvolutionParams params,
      BatchNorm norm,
      Variable residual,
      Activation activation) {
    if (!tape.isTraining()) {
      return inferred(tape, x, filter, params, norm, residual.value(), activation);
    }
    Tensor z = convolve(tape, x, filter, params);
    Tensor y = tape.allocate(z.shape(), z.dtype());
    Normalised normalised = normalise(tape, z, norm, residual.value(), activation, y);
    return tape.record(
        "convBnAdd",
        List.of(x, filter, norm.gamma(), norm.beta(), residual),
        y,
        List.of(z),
        out -> {
          Tensor sums = normalised.reduce(tape, norm, activation, out);
          Tensor dz = tape.allocate(z.shape(), z.dtype());
          normalised.backwardData(tape, norm, out.grad(), sums, Gradient.overwrite(dz));
          tape.release(sums);
          if (residual.needsGradient()) {
            ElementwiseOps.passOn(tape, out, residual);
          }
          ConvolutionOps.backward(tape.backend().convolution(), dz, x, filter, params);
          tape.release(dz);
        });
  }

  /** A normalised tensor and what its backward reads; mean and invStd live as long as the tape. */
  private record Normalised(Tensor x, Tensor mean, Tensor invStd, Tensor y, Statistics source) {
    /** Writes the gradient before the activation over the result's, and those of gamma and beta. */
    Tensor reduce(Tape tape, BatchNorm norm, Activation activation, Variable out) {
      long channels = x.shape().dim(-1);
      Tensor sums = tape.allocate(Shape.of(2, channels), DType.F32);
      Tensor dOut = out.grad();
      tape.backend().batchNorm().backwardReduce(x, mean, invStd, y, activation, dOut, dOut, sums);
      tape.backend().elementwise().accumulate(sums.get(0), norm.beta().gradient());
      tape.backend().elementwise().accumulate(sums.get(1), norm.gamma().gradient());
      return sums;
    }

    void backwardData(Tape tape, BatchNorm norm, Tensor dz, Tensor sums, Gradient dx) {
      tape.backend()
          .batchNorm()
          .backwardData(x, mean, invStd, norm.gamma().value(), dz, sums, source, dx);
    }
  }

  private static Tensor convolve(Tape tape, Variable x, Variable filter, ConvolutionParams params) {
    ConvolutionKernels kernels = tape.backend().convolution();
    Tensor z = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.value().dtype());
    kernels.forward(x.value(), filter.value(), null, Activation.NONE, params, z);
    return z;
  }

  /** The whole unit where nothing needs a gradient: one kernel, and no tensor between. */
  private static Variable inferred(
      Tape tape,
      Variable x,
      Variable filter,
      ConvolutionParams params,
      BatchNorm norm,
      @Nullable Tensor residual,
      Activation activation) {
    Tensor y = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.value().dtype());
    Tensor invStd = tape.allocate(norm.runningVariance().shape(), DType.F32);
    tape.backend().batchNorm().inverseStd(norm.runningVariance(), norm.epsilon(), invStd);
    FixedNorm fixed =
        new FixedNorm(norm.runningMean(), invStd, norm.gamma().value(), norm.beta().value());
    tape.backend()
        .convolution()
        .forwardNormalised(x.value(), filter.value(), fixed, residual, activation, params, y);
    tape.release(invStd);
    return Variable.constant(y);
  }

  private static Normalised normalise(
      Tape tape,
      Tensor x,
      BatchNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      Tensor y) {
    BatchNormKernels kernels = tape.backend().batchNorm();
    Shape perChannel = Shape.of(x.shape().dim(-1));
    Tensor invStd = tape.allocate(perChannel, DType.F32);
    Tensor mean;
    if (tape.isTraining()) {
      mean = tape.allocate(perChannel, DType.F32);
      kernels.statistics(x, norm.epsilon(), mean, invStd);
      tape.onRunningUpdate(foundInf ->
          kernels.updateRunning(
              mean,
              invStd,
              norm.epsilon(),
              x.shape().rows(),
              norm.momentum(),
              foundInf,
              norm.runningMean(),
              norm.runningVariance()));
    } else {
      mean = norm.runningMean();
      kernels.inverseStd(norm.runningVariance(), norm.epsilon(), invStd);
    }
    kernels.apply(
        x, mean, invStd, norm.gamma().value(), norm.beta().value(), residual, activation, y);
    return new Normalised(
        x, mean, invStd, y, tape.isTraining() ? Statistics.BATCH : Statistics.RUNNING);
  }
}
