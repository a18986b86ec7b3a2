package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.LossParams.Localisation;
import dev.multibox.backend.LossParams.Normaliser;
import dev.multibox.backend.MiningParams.Shortage;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MultiboxTest {
  /** Float32 terms summed in double. */
  private static final double LOSS = 5e-6;

  private static final double STEP = 1e-4;

  /** Differences of doubles against float32 gradients of magnitude below one. */
  private static final double DIFFERENCES = 1e-5;

  private static final int CLASSES = 4;
  private static final int PRIORS = 6 * 5 * 4 + 3 * 2 * 6 + 2;

  /** Three levels, their channels padded beyond what they need. */
  private static List<HeadLayout> layouts() {
    return Heads.layouts(
        CLASSES, 10, new int[] {6, 5, 4}, new int[] {3, 2, 6}, new int[] {1, 1, 2});
  }

  /** What the kernels wrote. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Result(
      float[] losses,
      float[] priorLosses,
      int[] selected,
      float[] dLogits,
      float[] dOffsets,
      List<float[]> gradients) {}

  /**
   * Logits from a few different rows, so that ties are common; image 0 has no positives, image 1
   * many, image 2 some of each and ignored priors.
   */
  private static MultiboxReference problem(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] rows = Tensors.random(seed, 12 * CLASSES);
    int batch = 3;
    float[] logits = new float[batch * PRIORS * CLASSES];
    int[] targets = new int[batch * PRIORS];
    for (int i = 0; i < targets.length; i++) {
      System.arraycopy(rows, CLASSES * random.nextInt(12), logits, CLASSES * i, CLASSES);
      targets[i] =
          switch (i / PRIORS) {
            case 0 -> 0;
            case 1 -> random.nextInt(CLASSES);
            default -> random.nextInt(10) > 1 ? 0 : random.nextInt(-1, CLASSES);
          };
    }
    return new MultiboxReference(
        batch,
        PRIORS,
        CLASSES,
        logits,
        Tensors.random(seed + 1, 4L * targets.length),
        targets,
        Tensors.random(seed + 2, 4L * targets.length));
  }

  private static Result run(
      Backend backend, MultiboxReference problem, LossParams params, float scale, boolean again) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape perPrior = Shape.of(problem.batch(), PRIORS);
      HeadOutputs heads =
          Heads.of(tensors, problem.batch(), layouts(), problem.logits(), problem.offsets());
      Tensor classTargets = tensors.ints(perPrior, problem.classTargets());
      Tensor offsetTargets =
          tensors.floats(Shape.of(problem.batch(), PRIORS, 4), problem.offsetTargets());
      Tensor priorLosses = tensors.poisoned(perPrior);
      Tensor selected = tensors.allocate(perPrior, DType.U8);
      Tensor weights = tensors.poisoned(Shape.of(problem.batch()));
      Tensor losses = tensors.poisoned(Shape.of(3));
      LossKernels kernels = backend.loss();
      kernels.multibox(
          heads, classTargets, offsetTargets, params, priorLosses, selected, weights, losses);
      List<Tensor> gradients = new ArrayList<>();
      heads.levels().forEach(level -> gradients.add(tensors.poisoned(level.shape())));
      Tensor dLoss = tensors.floats(Shape.of(1), scale);
      for (Accumulate accumulate : Accumulate.values()) {
        if (accumulate == Accumulate.OVERWRITE || again) {
          kernels.multiboxBackward(
              heads,
              classTargets,
              offsetTargets,
              params,
              selected,
              weights,
              dLoss,
              gradients.stream().map(g -> new Gradient(g, accumulate)).toList());
        }
      }
      byte[] marks = new byte[(int) perPrior.size()];
      backend.download(selected, MemorySegment.ofArray(marks));
      int[] times = new int[marks.length];
      Arrays.setAll(times, i -> marks[i]);
      return new Result(
          backend.floats(losses),
          backend.floats(priorLosses),
          times,
          Heads.logits(backend, gradients, layouts()),
          Heads.offsets(backend, gradients, layouts()),
          gradients.stream().map(backend::floats).toList());
    }
  }

  @BackendSource
  void everyVariantLosesAsTheReference(Backend backend) {
    MultiboxReference problem = problem(1);
    for (Shortage shortage : Shortage.values()) {
      for (Localisation localisation : Localisation.values()) {
        for (Normaliser normaliser : Normaliser.values()) {
          for (float ratio : new float[] {3, 0.5f, 0, -1}) {
            for (int least : new int[] {0, 3}) {
              LossParams params =
                  new LossParams(
                      new MiningParams(ratio, least, shortage),
                      localisation,
                      0.4f,
                      0.7f,
                      normaliser);
              compare(run(backend, problem, params, 1, false), problem, params);
            }
          }
        }
      }
    }
  }

  private static void compare(Result result, MultiboxReference problem, LossParams params) {
    assertThat(result.selected())
        .describedAs(params.toString())
        .isEqualTo(problem.selected(params));
    double classification = problem.classification(params);
    double localisation = problem.localisation(params);
    assertThat(localisation).isPositive();
    assertClose(result.losses()[LossKernels.CLASSIFICATION], classification);
    assertClose(result.losses()[LossKernels.LOCALISATION], localisation);
    assertClose(result.losses()[LossKernels.TOTAL], classification + localisation);
    for (int i = 0; i < problem.classTargets().length; i++) {
      assertClose(result.priorLosses()[i], problem.crossEntropy(i, -1, 0));
    }
  }

  private static void assertClose(float actual, double expected) {
    assertThat((double) actual).isCloseTo(expected, within(LOSS * Math.max(1, expected)));
  }

  @BackendSource
  void gradientsAreThoseOfCentralDifferences(Backend backend) {
    MultiboxReference problem = problem(2);
    for (LossParams params :
        List.of(
            LossParams.caffe(), LossParams.torchvision(), LossParams.nvidia(), LossParams.djl())) {
      Result result = run(backend, problem, params, 1, false);
      double largest = 0;
      for (int i = 0; i < problem.batch() * PRIORS; i++) {
        double weight = problem.weight(i / PRIORS, params);
        for (int k = 0; k < CLASSES; k++) {
          double slope =
              (problem.crossEntropy(i, k, STEP) - problem.crossEntropy(i, k, -STEP)) / (2 * STEP);
          double expected = weight * result.selected()[i] * slope;
          assertThat((double) result.dLogits()[i * CLASSES + k])
              .describedAs("%s, prior %d, class %d", params, i, k)
              .isCloseTo(expected, within(DIFFERENCES * weight));
          largest = Math.max(largest, Math.abs(expected));
        }
        checkOffsets(result, problem, params, i);
      }
      assertThat(largest).isPositive();
    }
  }

  private static void checkOffsets(
      Result result, MultiboxReference problem, LossParams params, int i) {
    for (int j = 0; j < 4; j++) {
      double error = Math.abs(problem.offsets()[4 * i + j] - problem.offsetTargets()[4 * i + j]);
      if (error < 2 * STEP || Math.abs(error - params.beta()) < 2 * STEP) {
        continue;
      }
      double slope =
          (problem.offsetLoss(i, j, STEP, params) - problem.offsetLoss(i, j, -STEP, params))
              / (2 * STEP);
      double weight = problem.weight(i / PRIORS, params) * params.localisationWeight();
      double expected = problem.classTargets()[i] > 0 ? weight * slope : 0;
      assertThat((double) result.dOffsets()[4 * i + j])
          .isCloseTo(expected, within(DIFFERENCES * weight));
    }
  }

  @BackendSource
  void gradientsScaleAddAndLeavePaddingZero(Backend backend) {
    MultiboxReference problem = problem(3);
    Result once = run(backend, problem, LossParams.torchvision(), 1, false);
    Result scaled = run(backend, problem, LossParams.torchvision(), 1024, false);
    Result twice = run(backend, problem, LossParams.torchvision(), 1, true);
    for (int level = 0; level < once.gradients().size(); level++) {
      HeadLayout layout = layouts().get(level);
      float[] gradient = once.gradients().get(level);
      assertThat(layout.channels()).isGreaterThan(layout.priorsPerCell() * (CLASSES + 4));
      for (int i = 0; i < gradient.length; i++) {
        assertThat(scaled.gradients().get(level)[i]).isEqualTo(1024 * gradient[i]);
        assertThat(twice.gradients().get(level)[i]).isEqualTo(2 * gradient[i]);
        if (i % layout.channels() >= layout.priorsPerCell() * (CLASSES + 4)) {
          assertThat(gradient[i]).isZero();
        }
      }
    }
  }

  @BackendSource
  void negativesAreThreeForEachPositiveAsFarAsThereAre(Backend backend) {
    for (int seed = 0; seed < 5; seed++) {
      MultiboxReference problem = problem(seed);
      int[] selected = run(backend, problem, LossParams.caffe(), 1, false).selected();
      for (int n = 0; n < problem.batch(); n++) {
        int positives = 0;
        int available = 0;
        int kept = 0;
        for (int i = n * PRIORS; i < (n + 1) * PRIORS; i++) {
          positives += problem.classTargets()[i] > 0 ? 1 : 0;
          available += problem.classTargets()[i] == 0 ? 1 : 0;
          kept += problem.classTargets()[i] == 0 ? selected[i] : 0;
          assertThat(selected[i]).isLessThanOrEqualTo(problem.classTargets()[i] < 0 ? 0 : 1);
        }
        assertThat(kept)
            .describedAs("seed %d, image %d", seed, n)
            .isEqualTo(Math.min(3 * positives, available));
      }
    }
  }

  @BackendSource
  void withoutPositivesThereIsNoLossAndNoGradient(Backend backend) {
    MultiboxReference some = problem(4);
    MultiboxReference none =
        new MultiboxReference(
            3,
            PRIORS,
            CLASSES,
            some.logits(),
            some.offsets(),
            new int[3 * PRIORS],
            some.offsetTargets());
    for (LossParams params :
        List.of(LossParams.caffe(), LossParams.torchvision(), LossParams.nvidia())) {
      Result result = run(backend, none, params, 1, false);
      assertThat(result.losses()).containsOnly(0);
      assertThat(result.dLogits()).containsOnly(0);
      assertThat(result.dOffsets()).containsOnly(0);
    }
  }

  @BackendSource
  void anEmptyBatchLosesNothing(Backend backend) {
    MultiboxReference empty =
        new MultiboxReference(
            0, PRIORS, CLASSES, new float[0], new float[0], new int[0], new float[0]);
    assertThat(run(backend, empty, LossParams.nvidia(), 1, false).losses()).containsOnly(0);
  }

  @BackendSource
  void aLossThatIsNotANumberRanksFirstAndShows(Backend backend) {
    MultiboxReference problem = problem(5);
    int negative = 2 * PRIORS;
    while (problem.classTargets()[negative] != 0) {
      negative++;
    }
    problem.logits()[negative * CLASSES] = Float.NaN;
    Result result = run(backend, problem, LossParams.caffe(), 1, false);
    assertThat(result.selected()[negative]).isEqualTo(1);
    assertThat(result.losses()[LossKernels.TOTAL]).isNaN();
  }

  @Test
  void nothingDependsOnTheNumberOfThreads() {
    MultiboxReference problem = problem(6);
    try (Backend one = CpuBackend.open(1);
        Backend three = CpuBackend.open(3)) {
      Result a = run(one, problem, LossParams.torchvision(), 1, false);
      Result b = run(three, problem, LossParams.torchvision(), 1, false);
      assertThat(a.losses()).isEqualTo(b.losses());
      assertThat(a.selected()).isEqualTo(b.selected());
      assertThat(a.dLogits()).isEqualTo(b.dLogits());
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      HeadOutputs heads = Heads.of(tensors, 1, Heads.flat(3, 2), new float[6], new float[12]);
      Tensor perPrior = tensors.poisoned(Shape.of(1, 3));
      assertThatThrownBy(() ->
              backend
                  .loss()
                  .multibox(
                      heads,
                      tensors.ints(Shape.of(1, 3), 0, 0, 0),
                      tensors.poisoned(Shape.of(1, 2, 4)),
                      LossParams.caffe(),
                      perPrior,
                      perPrior,
                      tensors.poisoned(Shape.of(1)),
                      tensors.poisoned(Shape.of(3))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("multiboxLoss: offsetTargets was [1, 2, 4], wanted [1, 3, 4]");
      assertThatThrownBy(() -> new MiningParams(Float.NaN, 0, Shortage.TAKE_ALL))
          .hasMessage("mining: negPosRatio was NaN, wanted a number");
    }
  }
}
