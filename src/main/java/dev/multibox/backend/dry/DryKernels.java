package dev.multibox.backend.dry;

import dev.multibox.backend.Activation;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.ConvertKernels;
import dev.multibox.backend.Detections;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.backend.Priors;
import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.SgdParams;
import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every family but convolution: a kernel touches what it reads and writes, and that is all. */
final class DryKernels {
  private final DryBackend.Witness witness;
  final ElementwiseKernels elementwise = new Elementwise();
  final PoolingKernels pooling = new Pooling();
  final BatchNormKernels batchNorm = new BatchNorm();
  final L2NormKernels l2Norm = new L2Norm();
  final LossKernels loss = new Loss();
  final BoxKernels box = new Boxes();
  final NmsKernels nms = new Nms();
  final OptimizerKernels optimizer = new Optimizer();
  final ConvertKernels convert = new Convert();
  final ImageKernels image = new Images();

  DryKernels(DryBackend.Witness witness) {
    this.witness = witness;
  }

  private void touch(@Nullable Tensor... tensors) {
    touch(List.of(), tensors);
  }

  private void touch(List<Tensor> some, @Nullable Tensor... others) {
    List<Tensor> touched = new ArrayList<>(some);
    for (Tensor tensor : others) {
      if (tensor != null) {
        touched.add(tensor);
      }
    }
    witness.touched(touched);
  }

  private static @Nullable Tensor tensorOf(@Nullable Gradient gradient) {
    return gradient == null ? null : gradient.tensor();
  }

  private final class Elementwise extends ElementwiseKernels {
    @Override
    protected void runFill(Tensor out, float value) {
      touch(out);
    }

    @Override
    protected void runAdd(Tensor a, Tensor b, Activation activation, Tensor out) {
      touch(a, b, out);
    }

    @Override
    protected void runAccumulate(Tensor dOut, Gradient dx) {
      touch(dOut, dx.tensor());
    }

    @Override
    protected void runActivation(Tensor x, Activation activation, Tensor out) {
      touch(x, out);
    }

    @Override
    protected void runActivationBackward(
        Tensor y, Activation activation, Tensor dOut, Gradient dx) {
      touch(y, dOut, dx.tensor());
    }

    @Override
    protected void runBias(Tensor x, Tensor bias, Activation activation, Tensor out) {
      touch(x, bias, out);
    }

    @Override
    protected void runBiasBackward(
        Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
      touch(activation == Activation.NONE ? null : y, dOut, dz, dBias.tensor());
    }

    @Override
    protected void runMaskedActivation(Tensor x, Activation activation, Tensor out, Tensor mask) {
      touch(x, out, mask);
    }

    @Override
    protected void runMaskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx) {
      touch(mask, dOut, dx.tensor());
    }

    @Override
    protected void runMaskedBias(
        Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask) {
      touch(x, bias, out, mask);
    }

    @Override
    protected void runMaskedBiasBackward(Tensor mask, Tensor dOut, Tensor dz, Gradient dBias) {
      touch(mask, dOut, dz, dBias.tensor());
    }

    @Override
    protected void runScaleChannels(Tensor x, Tensor scale, Tensor out) {
      touch(x, scale, out);
    }

    @Override
    protected void runScaleChannelsBackward(
        Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
      touch(x, scale, dOut, tensorOf(dx), tensorOf(dScale));
    }

    @Override
    protected void runJoinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out) {
      touch(a, b, out);
    }

    @Override
    protected void runJoinChannelsBackward(Tensor dOut, long first, long count, Gradient part) {
      touch(dOut, part.tensor());
    }

    @Override
    protected void runSum(Tensor x, Tensor sum) {
      touch(x, sum);
    }
  }

  private final class Pooling extends PoolingKernels {
    @Override
    protected void runMaxPool(Tensor x, PoolingParams params, Tensor out, @Nullable Tensor argMax) {
      touch(x, out, argMax);
    }

    @Override
    protected void runMaxPoolBackward(
        Tensor argMax, Tensor dOut, PoolingParams params, Gradient dx) {
      touch(argMax, dOut, dx.tensor());
    }

    @Override
    protected void runGlobalAverage(Tensor x, Tensor out) {
      touch(x, out);
    }

    @Override
    protected void runGlobalAverageBackward(Tensor dOut, Gradient dx) {
      touch(dOut, dx.tensor());
    }
  }

  private final class BatchNorm extends BatchNormKernels {
    @Override
    protected void runStatistics(Tensor x, float epsilon, Tensor mean, Tensor invStd) {
      touch(x, mean, invStd);
    }

    @Override
    protected void runInverseStd(Tensor variance, float epsilon, Tensor invStd) {
      touch(variance, invStd);
    }

    @Override
    protected void runApply(
        Tensor x,
        Tensor mean,
        Tensor invStd,
        Tensor gamma,
        Tensor beta,
        @Nullable Tensor residual,
        Activation activation,
        Tensor out) {
      touch(x, mean, invStd, gamma, beta, residual, out);
    }

    @Override
    protected void runMaskedApply(
        Tensor x,
        Tensor mean,
        Tensor invStd,
        Tensor gamma,
        Tensor beta,
        @Nullable Tensor residual,
        Activation activation,
        Tensor out,
        Tensor mask) {
      touch(x, mean, invStd, gamma, beta, residual, out, mask);
    }

    @Override
    protected void runMaskedBackwardReduce(
        Tensor x, Tensor mean, Tensor invStd, Tensor mask, Tensor dOut, Tensor dz, Tensor sums) {
      touch(x, mean, invStd, mask, dOut, dz, sums);
    }

    @Override
    protected void runBackwardReduce(
        Tensor x,
        Tensor mean,
        Tensor invStd,
        Tensor y,
        Activation activation,
        Tensor dOut,
        Tensor dz,
        Tensor sums) {
      touch(x, mean, invStd, activation == Activation.NONE ? null : y, dOut, dz, sums);
    }

    @Override
    protected void runBackwardData(
        Tensor x,
        Tensor mean,
        Tensor invStd,
        Tensor gamma,
        Tensor dz,
        Tensor sums,
        Statistics statistics,
        Gradient dx) {
      touch(x, mean, invStd, gamma, dz, sums, dx.tensor());
    }

    @Override
    protected void runUpdateRunning(
        Tensor mean,
        Tensor invStd,
        float epsilon,
        long rows,
        float momentum,
        Tensor foundInf,
        Tensor runningMean,
        Tensor runningVariance) {
      touch(mean, invStd, foundInf, runningMean, runningVariance);
    }
  }

  private final class L2Norm extends L2NormKernels {
    @Override
    protected void runForward(
        Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out) {
      touch(x, scale, norm, out);
    }

    @Override
    protected void runBackward(
        Tensor x,
        Tensor scale,
        Guard guard,
        float epsilon,
        Tensor norm,
        Tensor dOut,
        Gradient dx,
        Gradient dScale) {
      touch(x, scale, norm, dOut, dx.tensor(), dScale.tensor());
    }
  }

  private final class Loss extends LossKernels {
    @Override
    protected void runSoftmax(Tensor x, Tensor out) {
      touch(x, out);
    }

    @Override
    protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
      touch(x, target, out);
    }

    @Override
    protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
      touch(x, target, dOut, dx.tensor());
    }

    @Override
    protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
      touch(x, target, out);
    }

    @Override
    protected void runSmoothL1Backward(
        Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
      touch(x, target, dOut, dx.tensor());
    }

    @Override
    protected void runMultibox(
        HeadOutputs heads,
        Tensor classTargets,
        Tensor offsetTargets,
        LossParams params,
        Tensor priorLosses,
        Tensor selected,
        Tensor weights,
        Tensor losses) {
      touch(heads.levels(), classTargets, offsetTargets, priorLosses, selected, weights, losses);
    }

    @Override
    protected void runMultiboxBackward(
        HeadOutputs heads,
        Tensor classTargets,
        Tensor offsetTargets,
        LossParams params,
        Tensor selected,
        Tensor weights,
        Tensor dLoss,
        List<Gradient> dHeads) {
      List<Tensor> levels = new ArrayList<>(heads.levels());
      dHeads.forEach(gradient -> levels.add(gradient.tensor()));
      touch(levels, classTargets, offsetTargets, selected, weights, dLoss);
    }
  }

  private final class Boxes extends BoxKernels {
    @Override
    protected void runIou(Tensor a, Tensor b, Tensor out) {
      touch(a, b, out);
    }

    @Override
    protected void runMatch(
        Priors priors,
        Tensor boxes,
        Tensor labels,
        Tensor counts,
        MatchParams params,
        BoxCoding coding,
        Tensor matched,
        Tensor classTargets,
        Tensor offsetTargets) {
      touch(
          priors.corners(),
          priors.centres(),
          boxes,
          labels,
          counts,
          matched,
          classTargets,
          offsetTargets);
    }

    @Override
    protected void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
      touch(boxes, priors.corners(), priors.centres(), offsets);
    }

    @Override
    protected void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
      touch(offsets, priors.corners(), priors.centres(), boxes);
    }
  }

  private final class Nms extends NmsKernels {
    @Override
    protected void runNms(
        Tensor boxes,
        Tensor scores,
        float iouThreshold,
        NmsParams.Overlap overlap,
        Tensor keep,
        Tensor count) {
      touch(boxes, scores, keep, count);
    }

    @Override
    protected void runDetect(
        HeadOutputs heads,
        Priors priors,
        BoxCoding coding,
        NmsParams params,
        float imageWidth,
        float imageHeight,
        Detections out) {
      touch(
          heads.levels(),
          priors.corners(),
          priors.centres(),
          out.boxes(),
          out.scores(),
          out.labels(),
          out.counts());
    }
  }

  private final class Optimizer extends OptimizerKernels {
    @Override
    protected void runCheckFinite(Tensor gradients, Tensor foundInf) {
      touch(gradients, foundInf);
    }

    @Override
    protected void runSgd(
        Tensor weights,
        Tensor momentum,
        Tensor gradients,
        @Nullable Tensor copies,
        Tensor hyper,
        Tensor lossScale,
        SgdParams params,
        Tensor foundInf) {
      touch(weights, momentum, gradients, copies, hyper, lossScale, foundInf);
    }

    @Override
    protected void runUpdateScale(
        Tensor losses,
        ScaleParams params,
        Tensor foundInf,
        Tensor lossScale,
        Tensor counters,
        Tensor ring) {
      touch(losses, foundInf, lossScale, counters, ring);
    }
  }

  private final class Convert extends ConvertKernels {
    @Override
    protected void runConvert(Tensor x, Tensor out) {
      touch(x, out);
    }
  }

  private final class Images extends ImageKernels {
    @Override
    protected void runPrepare(
        List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
      touch(images, out);
    }

    @Override
    protected void runResizeBilinear(Tensor x, Tensor out) {
      touch(x, out);
    }
  }
}
