package dev.multibox.backend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.Tensors;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * SSD's loss on the simulated GPU against the CPU, on heads of real sizes: each prior's loss has
 * the same bits, so the same negatives are chosen.
 */
class CudaMultiboxTest {
  /** Sums of thousands of floats in another order. */
  private static final double SUMS = 1e-5;

  /** Probabilities divided by sums in another order, and one rounding to F16. */
  private static final double GRADIENTS = 1e-3;

  private static final short HALF_NAN = Float.floatToFloat16(Float.NaN);
  private static final LossParams ALWAYS_THREE =
      new LossParams(
          new MiningParams(0.3f, 3, Shortage.RANK_POSITIVES_AS_ZERO),
          LossParams.Localisation.L1,
          1,
          0.5f,
          Normaliser.ALL_PRIORS);

  /**
   * Heads of F16 with NaN in their padding, and targets.
   *
   * @param logits one for each logit and offset, in the order of the levels' memory
   * @param targets one for each prior of the batch
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Problem(List<HeadLayout> layouts, int batch, List<short[]> logits, int[] targets) {

    /** Every {@code spacing}-th prior is positive on average, as many are ignored. */
    static Problem random(List<HeadLayout> layouts, int batch, int spacing) {
      SplittableRandom random = new SplittableRandom(layouts.size());
      List<short[]> logits = new ArrayList<>();
      for (HeadLayout layout : layouts) {
        short[] level = new short[batch * layout.height() * layout.width() * layout.channels()];
        int used = layout.offset(layout.priorsPerCell(), 0);
        for (int i = 0; i < level.length; i++) {
          level[i] =
              i % layout.channels() < used
                  ? Float.floatToFloat16(random.nextFloat(-6, 6))
                  : HALF_NAN;
        }
        logits.add(level);
      }
      int[] targets = new int[batch * priors(layouts)];
      for (int i = 0; i < targets.length; i++) {
        targets[i] =
            switch (random.nextInt(spacing)) {
              case 0 -> random.nextInt(1, layouts.getFirst().classes());
              case 1 -> -1;
              default -> 0;
            };
      }
      return new Problem(layouts, batch, logits, targets);
    }

    static int priors(List<HeadLayout> layouts) {
      return layouts.getLast().firstPrior() + layouts.getLast().priors();
    }

    int priors() {
      return priors(layouts);
    }
  }

  /** What the kernels wrote; the gradients with their padding. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Result(
      byte[] priorLosses,
      byte[] selected,
      byte[] weights,
      float[] losses,
      List<float[]> gradients) {

    int count(int times) {
      int count = 0;
      for (byte mark : selected) {
        count += mark == times ? 1 : 0;
      }
      return count;
    }
  }

  private static Result run(Backend backend, Problem problem, LossParams params) {
    try (backend;
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      int batch = problem.batch();
      Shape perPrior = Shape.of(batch, problem.priors());
      List<Tensor> levels = new ArrayList<>();
      List<Tensor> gradients = new ArrayList<>();
      for (int i = 0; i < problem.layouts().size(); i++) {
        HeadLayout layout = problem.layouts().get(i);
        Shape shape = Shape.of(batch, layout.height(), layout.width(), layout.channels());
        Tensor level = tensors.allocate(shape, DType.F16);
        backend.upload(MemorySegment.ofArray(problem.logits().get(i)), level);
        levels.add(level);
        gradients.add(tensors.allocate(shape, DType.F16));
      }
      HeadOutputs heads = new HeadOutputs(levels, problem.layouts());
      Tensor targets = tensors.ints(perPrior, problem.targets());
      float[] offsets = Tensors.random(5, 4L * perPrior.size());
      Tensor offsetTargets = tensors.floats(Shape.of(batch, problem.priors(), 4), offsets);
      Tensor priorLosses = tensors.allocate(perPrior, DType.F32);
      Tensor selected = tensors.allocate(perPrior, DType.U8);
      Tensor weights = tensors.allocate(Shape.of(batch), DType.F32);
      Tensor losses = tensors.allocate(Shape.of(3), DType.F32);
      LossKernels kernels = backend.loss();
      kernels.multibox(
          heads, targets, offsetTargets, params, priorLosses, selected, weights, losses);
      kernels.multiboxBackward(
          heads,
          targets,
          offsetTargets,
          params,
          selected,
          weights,
          tensors.floats(Shape.of(1), 65_536),
          gradients.stream().map(Gradient::overwrite).toList());
      return new Result(
          tensors.bytes(priorLosses).toArray(JAVA_BYTE),
          tensors.bytes(selected).toArray(JAVA_BYTE),
          tensors.bytes(weights).toArray(JAVA_BYTE),
          backend.floats(losses),
          gradients.stream().map(tensors::values).toList());
    }
  }

  /** Both backends' results, which agree. */
  private static Result compare(Problem problem, LossParams params) {
    Result wanted = run(CpuBackend.open(), problem, params);
    Result found = run(SimulatedBackend.open(), problem, params);
    assertThat(Arrays.mismatch(found.priorLosses(), wanted.priorLosses())).isEqualTo(-1);
    assertThat(Arrays.mismatch(found.selected(), wanted.selected())).isEqualTo(-1);
    assertThat(found.weights()).isEqualTo(wanted.weights());
    Tensors.assertClose(found.losses(), wanted.losses(), SUMS);
    for (int i = 0; i < wanted.gradients().size(); i++) {
      Tensors.assertClose(found.gradients().get(i), wanted.gradients().get(i), GRADIENTS);
    }
    return found;
  }

  private static List<HeadLayout> ssd300(int classes) {
    return Heads.layouts(
        classes,
        8,
        new int[] {38, 38, 4},
        new int[] {19, 19, 6},
        new int[] {10, 10, 6},
        new int[] {5, 5, 6},
        new int[] {3, 3, 4},
        new int[] {1, 1, 4});
  }

  @Test
  void choosesTheNegativesOfAnSsd300AsTheCpuDoes() {
    Result result = compare(Problem.random(ssd300(21), 2, 500), LossParams.torchvision());

    assertThat(result.count(1)).isBetween(4 * 10, 4 * 100);
    assertThat(result.count(2)).isZero();
  }

  @Test
  void choosesAmongManyEqualLossesByIndex() {
    Problem random = Problem.random(ssd300(2), 1, 40);
    random.logits().forEach(level -> Arrays.fill(level, (short) 0));
    compare(random, LossParams.caffe());
    compare(random, ALWAYS_THREE);
  }

  /** Then the positives' losses count twice. */
  @Test
  void choosesPositivesWhereNegativesRunOut() {
    Problem problem = Problem.random(ssd300(3), 1, 3);
    assertThat(compare(problem, LossParams.torchvision()).count(2)).isGreaterThan(1000);
    assertThat(compare(problem, LossParams.nvidia()).count(2)).isGreaterThan(1000);
    assertThat(compare(problem, LossParams.caffe()).count(2)).isZero();
  }

  @Test
  void choosesAmongMorePriorsThanSharedMemoryHolds() {
    List<HeadLayout> layouts = Heads.layouts(2, 8, new int[] {100, 101, 6});
    compare(Problem.random(layouts, 1, 50), LossParams.nvidia());
  }

  @Test
  void takesRowsThatAreLongerThanABlockUsuallyHolds() {
    List<HeadLayout> layouts = Heads.layouts(7001, 8, new int[] {1, 2, 3}, new int[] {1, 1, 1});
    compare(Problem.random(layouts, 1, 3), LossParams.djl());
  }

  /** About two minutes of instructions: with {@code -Dmultibox.slow=true}. */
  @Test
  @Tag("slow")
  @EnabledIfSystemProperty(
      named = "multibox.slow",
      matches = "true",
      disabledReason = "takes minutes; -Dmultibox.slow=true runs it")
  void choosesAmongAHundredThousandPriorsOfAThousandClasses() {
    List<HeadLayout> layouts = Heads.layouts(1000, 8, new int[] {160, 104, 6}, new int[] {8, 5, 4});
    Problem problem = Problem.random(layouts, 1, 1000);
    assertThat(problem.priors()).isEqualTo(100_000);
    compare(problem, LossParams.caffe());
  }

  /**
   * Seventeen images of 2^27 channels are more than 2^31 elements; nearly all of it is padding that
   * nobody reads.
   */
  @Test
  void reachesElementsBeyondTwoToThe31() {
    int batch = 17;
    HeadLayout narrow = new HeadLayout(1, 1, 2, 3, 16, 0);
    HeadLayout wide = new HeadLayout(1, 1, 2, 3, 1 << 27, 0);
    Problem problem = Problem.random(List.of(narrow), batch, 3);
    LossParams params = LossParams.torchvision();
    Result wanted = run(CpuBackend.open(), problem, params);
    try (Backend backend = SimulatedBackend.open();
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = Shape.of(batch, 1, 1, wide.channels());
      assertThat(shape.size()).isGreaterThan(1L << 31);
      Tensor level = tensors.allocate(shape, DType.F16);
      Tensor gradient = tensors.allocate(shape, DType.F16);
      Shape used = Shape.of(16);
      for (int n = 0; n < batch; n++) {
        short[] image = Arrays.copyOfRange(problem.logits().getFirst(), n * 16, n * 16 + 16);
        backend.upload(MemorySegment.ofArray(image), level.slice((long) n * wide.channels(), used));
      }
      HeadOutputs heads = new HeadOutputs(List.of(level), List.of(wide));
      Tensor targets = tensors.ints(Shape.of(batch, 2), problem.targets());
      Tensor offsets = tensors.floats(Shape.of(batch, 2, 4), Tensors.random(5, batch * 8L));
      Tensor selected = tensors.allocate(Shape.of(batch, 2), DType.U8);
      Tensor weights = tensors.allocate(Shape.of(batch), DType.F32);
      Tensor losses = tensors.allocate(Shape.of(3), DType.F32);
      Tensor priorLosses = tensors.allocate(Shape.of(batch, 2), DType.F32);
      backend
          .loss()
          .multibox(heads, targets, offsets, params, priorLosses, selected, weights, losses);
      backend
          .loss()
          .multiboxBackward(
              heads,
              targets,
              offsets,
              params,
              selected,
              weights,
              tensors.floats(Shape.of(1), 65_536),
              List.of(Gradient.overwrite(gradient)));
      assertThat(tensors.bytes(priorLosses).toArray(JAVA_BYTE)).isEqualTo(wanted.priorLosses());
      assertThat(tensors.bytes(selected).toArray(JAVA_BYTE)).isEqualTo(wanted.selected());
      for (int n = 0; n < batch; n++) {
        Tensor own = gradient.slice((long) n * wide.channels(), used);
        float[] expected = Arrays.copyOfRange(wanted.gradients().getFirst(), n * 16, n * 16 + 16);
        assertThat(tensors.values(own)).usingComparatorWithPrecision(0.5f).isEqualTo(expected);
      }
    }
  }
}
