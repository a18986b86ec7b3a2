package dev.multibox.autograd;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ActivationMask;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
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
    Normalisation normalisation = normalisation(tape, x.value(), norm);
    Tensor y = tape.allocate(x.shape(), x.dtype());
    normalisation.apply(null, activation, y);
    return tape.record(
        "batchNorm",
        List.of(x, norm.gamma(), norm.beta()),
        y,
        List.of(),
        out -> {
          Tensor sums = normalisation.reduce(out, null, activation, null, out.grad());
          if (x.needsGradient()) {
            normalisation.backwardData(out.grad(), sums, x.gradient());
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
      return Variable.constant(inferred(tape, x, filter, params, norm, null, activation));
    }
    Tensor z = ConvolutionOps.convolve(tape, x, filter, null, Activation.NONE, params);
    Normalisation normalisation = normalisation(tape, z, norm);
    Tensor y = outputFor(tape, z);
    Tensor mask = maskFor(tape, z, activation);
    normalisation.apply(null, activation, y, mask);
    Variable result =
        tape.record(
            "convBn",
            List.of(x, filter, norm.gamma(), norm.beta()),
            y,
            savedFor(tape, z, mask),
            out -> {
              Tensor dz = out.grad();
              Tensor sums = normalisation.reduce(out, null, activation, mask, dz);
              normalisation.backwardData(dz, sums, Gradient.overwrite(dz));
              tape.release(sums);
              ConvolutionOps.backward(tape, dz, x, filter, params);
            });
    if (tape.recompute() != Recompute.NONE && result.needsGradient()) {
      result.setPending(normalisation.pending(activation));
    }
    return result;
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
      return Variable.constant(
          inferred(tape, x, filter, params, norm, residual.value(), activation));
    }
    Tensor z = ConvolutionOps.convolve(tape, x, filter, null, Activation.NONE, params);
    Normalisation normalisation = normalisation(tape, z, norm);
    Tensor y = outputFor(tape, z);
    Tensor mask = maskFor(tape, z, activation);
    normalisation.apply(residual.value(), activation, y, mask);
    return tape.record(
        "convBnAdd",
        List.of(x, filter, norm.gamma(), norm.beta(), residual),
        y,
        savedFor(tape, z, mask),
        out -> {
          Tensor sums = normalisation.reduce(out, residual, activation, mask, out.grad());
          Tensor dz = tape.allocate(z.shape(), z.dtype());
          normalisation.backwardData(out.grad(), sums, Gradient.overwrite(dz));
          tape.release(sums);
          if (residual.needsGradient()) {
            ElementwiseOps.passOn(tape, out, residual);
          }
          ConvolutionOps.backward(tape, dz, x, filter, params);
          tape.release(dz);
        });
  }

  /**
   * The fused unit {@code maxPool(activation(batchNorm(convolution(x))))}. Where a maximum lay
   * tells where its gradient goes, and its value whether the activation passed it: what was pooled
   * is not kept.
   */
  public static Variable convBnMaxPool(
      Tape tape,
      Variable x,
      Variable filter,
      ConvolutionParams params,
      BatchNorm norm,
      Activation activation,
      PoolingParams pool) {
    if (!tape.isTraining()) {
      Tensor y = inferred(tape, x, filter, params, norm, null, activation);
      Tensor pooled = PoolingOps.pool(tape, y, pool).out();
      tape.release(y);
      return Variable.constant(pooled);
    }
    if (activation.readsInput()) {
      return PoolingOps.maxPool(tape, convBn(tape, x, filter, params, norm, activation), pool);
    }
    Tensor z = ConvolutionOps.convolve(tape, x, filter, null, Activation.NONE, params);
    Normalisation normalisation = normalisation(tape, z, norm);
    Tensor y = outputFor(tape, z);
    normalisation.apply(null, activation, y);
    PoolingOps.Pooled pooled = PoolingOps.pool(tape, y, pool);
    if (y != z) {
      tape.release(y);
    }
    List<Tensor> saved = new ArrayList<>(savedFor(tape, z, null));
    saved.addAll(pooled.saved());
    return tape.record(
        "convBnMaxPool",
        List.of(x, filter, norm.gamma(), norm.beta()),
        pooled.out(),
        saved,
        out -> {
          Tensor dPooled = out.grad();
          tape.backend()
              .elementwise()
              .activationBackward(out.value(), activation, dPooled, Gradient.overwrite(dPooled));
          Tensor dz = pooled.backward(tape, dPooled, z);
          Tensor sums = normalisation.reduce(z, Activation.NONE, dz);
          normalisation.backwardData(dz, sums, Gradient.overwrite(dz));
          tape.release(sums);
          ConvolutionOps.backward(tape, dz, x, filter, params);
          tape.release(dz);
        });
  }

  /** A norm over x and what its backward reads. */
  private record Normalisation(
      Tape tape, Tensor x, BatchNorm norm, Moments moments, Statistics source) {
    private BatchNormKernels kernels() {
      return tape.backend().batchNorm();
    }

    /** Writes y, and where there is a mask which elements passed the activation. */
    void apply(@Nullable Tensor residual, Activation activation, Tensor y, @Nullable Tensor mask) {
      if (mask == null) {
        apply(residual, activation, y);
      } else {
        kernels()
            .maskedApply(
                x,
                moments.mean(),
                moments.invStd(),
                norm.gamma().value(),
                norm.beta().value(),
                residual,
                activation,
                y,
                mask);
      }
    }

    void apply(@Nullable Tensor residual, Activation activation, Tensor y) {
      kernels()
          .apply(
              x,
              moments.mean(),
              moments.invStd(),
              norm.gamma().value(),
              norm.beta().value(),
              residual,
              activation,
              y);
    }

    Pending pending(Activation activation) {
      return new Pending.BatchNorm(
          x,
          moments.mean(),
          moments.invStd(),
          norm.gamma().value(),
          norm.beta().value(),
          activation);
    }

    /**
     * {@link #reduce(Tensor, Activation, Tensor)} from the mask, or of the unit's result, read
     * where it is needed. The input of an activation whose gradient is read from that is computed
     * once more: keeping it would cost a tensor for the whole step.
     */
    Tensor reduce(
        Variable out,
        @Nullable Variable residual,
        Activation activation,
        @Nullable Tensor mask,
        Tensor dOut) {
      if (mask != null) {
        Tensor sums = newSums();
        kernels().maskedBackwardReduce(x, moments.mean(), moments.invStd(), mask, dOut, dOut, sums);
        return passOn(sums);
      }
      if (activation.readsInput()) {
        Tensor input = tape.allocate(x.shape(), x.dtype());
        apply(residual == null ? null : residual.value(), Activation.NONE, input);
        Tensor sums = reduce(input, activation, dOut);
        tape.release(input);
        return sums;
      }
      return reduce(activation == Activation.NONE ? x : out.value(), activation, dOut);
    }

    /** Writes the gradient before the activation over dOut, and those of gamma and beta. */
    Tensor reduce(Tensor y, Activation activation, Tensor dOut) {
      Tensor sums = newSums();
      kernels()
          .backwardReduce(x, moments.mean(), moments.invStd(), y, activation, dOut, dOut, sums);
      return passOn(sums);
    }

    private Tensor newSums() {
      return tape.allocate(Shape.of(2, x.shape().dim(-1)), DType.F32);
    }

    private Tensor passOn(Tensor sums) {
      tape.backend().elementwise().accumulate(sums.get(0), norm.beta().gradient());
      tape.backend().elementwise().accumulate(sums.get(1), norm.gamma().gradient());
      return sums;
    }

    void backwardData(Tensor dz, Tensor sums, Gradient dx) {
      kernels()
          .backwardData(
              x, moments.mean(), moments.invStd(), norm.gamma().value(), dz, sums, source, dx);
    }
  }

  /** The whole unit where nothing needs a gradient: one kernel, and no tensor between. */
  private static Tensor inferred(
      Tape tape,
      Variable x,
      Variable filter,
      ConvolutionParams params,
      BatchNorm norm,
      @Nullable Tensor residual,
      Activation activation) {
    Tensor y = tape.allocate(params.outputShape(x.shape(), filter.shape()), x.dtype());
    Tensor invStd = tape.allocate(norm.runningVariance().shape(), DType.F32);
    tape.backend().batchNorm().inverseStd(norm.runningVariance(), norm.epsilon(), invStd);
    FixedNorm fixed =
        new FixedNorm(norm.runningMean(), invStd, norm.gamma().value(), norm.beta().value());
    tape.backend()
        .convolution()
        .forwardNormalised(x.value(), filter.value(), fixed, residual, activation, params, y);
    tape.release(invStd);
    return y;
  }

  /**
   * Backward reads what was normalised; without one nothing does, and it is normalised in place.
   */
  private static Tensor outputFor(Tape tape, Tensor z) {
    return tape.isRecording() ? tape.allocate(z.shape(), z.dtype()) : z;
  }

  private static List<Tensor> savedFor(Tape tape, Tensor z, @Nullable Tensor mask) {
    if (!tape.isRecording()) {
      return List.of();
    }
    return mask == null ? List.of(z) : List.of(z, mask);
  }

  /**
   * A bit for each element of the result, where backward is to read that and not the result; null
   * where the result is read, which it is too where it is computed again anyway.
   */
  private static @Nullable Tensor maskFor(Tape tape, Tensor z, Activation activation) {
    boolean wanted =
        tape.isRecording()
            && tape.recompute() == Recompute.NONE
            && tape.backend().keepsMasks()
            && activation.hasMask();
    return wanted ? tape.allocate(ActivationMask.shape(z.shape()), DType.U8) : null;
  }

  private static Normalisation normalisation(Tape tape, Tensor x, BatchNorm norm) {
    if (tape.isTraining()) {
      Moments moments = tape.moments(() -> batchMoments(tape, x, norm));
      return new Normalisation(tape, x, norm, moments, Statistics.BATCH);
    }
    Tensor invStd = tape.allocate(norm.runningVariance().shape(), DType.F32);
    tape.backend().batchNorm().inverseStd(norm.runningVariance(), norm.epsilon(), invStd);
    Moments moments = new Moments(norm.runningMean(), invStd);
    return new Normalisation(tape, x, norm, moments, Statistics.RUNNING);
  }

  private static Moments batchMoments(Tape tape, Tensor x, BatchNorm norm) {
    BatchNormKernels kernels = tape.backend().batchNorm();
    Shape perChannel = Shape.of(x.shape().dim(-1));
    Tensor invStd = tape.allocateForStep(perChannel, DType.F32);
    Tensor mean = tape.allocateForStep(perChannel, DType.F32);
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
    return new Moments(mean, invStd);
  }
}
