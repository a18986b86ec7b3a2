package dev.multibox.autograd;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.multibox.Tensors;
import dev.multibox.autograd.GradientCheck.Input;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.PoolingParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every op of the tape against central differences; an op without a check fails. */
class GradientCheckTest {
  private static final ConvolutionParams SAME = ConvolutionParams.of(1, 1);

  /** A check of one op; its key is the op's name, with a variant behind a colon. */
  @FunctionalInterface
  private interface Check {
    void run(Backend backend, String op);
  }

  private static Map<String, Check> checks() {
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("activation:relu", activation(Activation.RELU, 1));
    checks.put("activation:relu6", activation(Activation.RELU6, 5));
    // Width 8 keeps all 24 values off the bends at ±3.
    checks.put("activation:hardSigmoid", activation(Activation.HARD_SIGMOID, 1 / 3f));
    checks.put("activation:hardSwish", activation(Activation.HARD_SWISH, 1 / 3f));
    checks.put(
        "add",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 3, 5), Input.random(2, 3, 5)),
                (tape, x) -> ElementwiseOps.add(tape, x.get(0), x.get(1))));
    checks.put(
        "add:one input twice",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 3, 5)),
                (tape, x) -> {
                  Variable twice = ElementwiseOps.add(tape, x.get(0), x.get(0));
                  return ElementwiseOps.add(tape, twice, x.get(0));
                }));
    checks.put("bias", bias(Activation.NONE));
    checks.put("bias:relu", bias(Activation.RELU));
    checks.put("bias:hardSwish", bias(Activation.HARD_SWISH));
    checks.put(
        "scaleChannels",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 2, 3, 2, 3), Input.random(2, 2, 1, 1, 3)),
                (tape, x) -> ElementwiseOps.scaleChannels(tape, x.get(0), x.get(1))));
    checks.put(
        "joinChannels",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 2, 4), Input.random(2, 2, 2)),
                (tape, x) -> ElementwiseOps.joinChannels(tape, x.get(0), 3, x.get(1), 2, 6)));
    checks.put(
        "convolution",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 2, 5, 4, 4), Input.random(2, 6, 3, 3, 2)),
                (tape, x) ->
                    ConvolutionOps.convolution(
                        tape, x.get(0), x.get(1), new ConvolutionParams(2, 1, 1, 1, 1, 1, 2))));
    checks.put("convBias", convBias(Activation.RELU));
    checks.put("convBias:hardSwish", convBias(Activation.HARD_SWISH));
    checks.put("convBias:hardSigmoid", convBias(Activation.HARD_SIGMOID));
    checks.put("convBiasMaxPool", convBiasMaxPool());
    checks.put("batchNorm", batchNorm());
    // Shifts that keep every channel on one side of the ReLU, or between the bends of hard-swish.
    checks.put("convBn", convBn(Activation.RELU, 4, -4, 5, 6));
    checks.put("convBn:hardSwish", convBn(Activation.HARD_SWISH, 0.4f, -0.4f, 0, 0.2f));
    checks.put("convBnAdd", convBnAdd(Activation.RELU, 5, -5, 6, 7));
    checks.put("convBnAdd:hardSwish", convBnAdd(Activation.HARD_SWISH, 0.4f, -0.4f, 0, 0.2f));
    checks.put(
        "globalAverage",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 2, 3, 2, 3)),
                (tape, x) -> PoolingOps.globalAverage(tape, x.get(0))));
    checks.put("convBnMaxPool", convBnMaxPool());
    checks.put(
        "maxPool",
        (backend, op) ->
            GradientCheck.check(
                backend,
                op,
                List.of(shuffled(3, 1, 5, 5, 2)),
                (tape, x) ->
                    PoolingOps.maxPool(tape, x.get(0), PoolingParams.of(3, 2, 1).withCeilMode())));
    for (L2NormKernels.Guard guard : L2NormKernels.Guard.values()) {
      checks.put(
          "l2Norm:" + guard,
          (backend, op) ->
              GradientCheck.check(
                  backend,
                  op,
                  List.of(Input.random(1, 2, 2, 2, 5), Input.random(2, 5).perChannel()),
                  (tape, x) -> L2NormOps.l2Norm(tape, x.get(0), x.get(1), guard, 1e-2f)));
    }
    checks.put(
        "crossEntropy",
        (backend, op) -> {
          try (TensorArena arena = backend.newArena()) {
            Tensor target = new Tensors(backend, arena).ints(Shape.of(4), 2, 0, 1, 2);
            GradientCheck.check(
                backend,
                op,
                List.of(Input.random(1, 4, 3)),
                (tape, x) -> LossOps.crossEntropy(tape, x.get(0), target));
          }
        });
    checks.put(
        "smoothL1",
        (backend, op) -> {
          try (TensorArena arena = backend.newArena()) {
            Tensor target = arena.zeros(Shape.of(6), DType.F32);
            GradientCheck.check(
                backend,
                op,
                List.of(new Input(Shape.of(6), new float[] {-2, -0.6f, 0.3f, 1.7f, 0, -1.1f})),
                (tape, x) -> LossOps.smoothL1(tape, x.get(0), target, 1));
          }
        });
    checks.put("multiboxLoss", multibox(LossParams.caffe()));
    checks.put("multiboxLoss:torchvision", multibox(LossParams.torchvision()));
    checks.put("multiboxLoss:nvidia", multibox(LossParams.nvidia()));
    return checks;
  }

  @TestFactory
  Stream<DynamicTest> gradientMatchesCentralDifferences() {
    return checks().entrySet().stream()
        .map(entry ->
            DynamicTest.dynamicTest(
                entry.getKey(),
                () -> {
                  try (Backend backend = CpuBackend.open()) {
                    entry.getValue().run(backend, opOf(entry.getKey()));
                  }
                }));
  }

  @Test
  void everyOpOnTheTapeHasACheck() {
    Set<String> ops = new TreeSet<>();
    for (JavaClass type : new ClassFileImporter().importPackages("dev.multibox.autograd")) {
      if (type.getSimpleName().endsWith("Ops")) {
        for (JavaMethod method : type.getMethods()) {
          if (method.getModifiers().contains(JavaModifier.PUBLIC)
              && method.getRawReturnType().isEquivalentTo(Variable.class)) {
            ops.add(method.getName());
          }
        }
      }
    }
    Set<String> checked = new TreeSet<>();
    checks().keySet().forEach(key -> checked.add(opOf(key)));

    assertThat(ops).hasSizeGreaterThan(5);
    assertThat(checked).isEqualTo(ops);
  }

  private static String opOf(String key) {
    return key.split(":", 2)[0];
  }

  private static Check activation(Activation activation, float scale) {
    return (backend, op) ->
        GradientCheck.check(
            backend,
            op,
            List.of(spread(24, scale * 24)),
            (tape, x) -> ElementwiseOps.activation(tape, x.get(0), activation));
  }

  private static Check bias(Activation activation) {
    return (backend, op) ->
        GradientCheck.check(
            backend,
            op,
            List.of(
                new Input(Shape.of(2, 3), new float[] {-2, -1, 0.4f, 1, 2, 3}),
                new Input(Shape.of(3), new float[] {0.3f, -0.3f, 0.25f}).perChannel()),
            (tape, x) -> ElementwiseOps.bias(tape, x.get(0), x.get(1), activation));
  }

  /** Biases beyond the bends of every activation, so that no value of a channel crosses one. */
  private static Check convBias(Activation activation) {
    return (backend, op) ->
        GradientCheck.check(
            backend,
            op,
            List.of(
                Input.random(1, 1, 4, 4, 3),
                Input.random(2, 4, 3, 3, 3),
                spread(4, 40f).perChannel()),
            (tape, x) ->
                ConvolutionOps.convBias(tape, x.get(0), x.get(1), x.get(2), activation, SAME));
  }

  private static Check batchNorm() {
    return (backend, op) -> {
      try (TensorArena arena = backend.newArena()) {
        Running running = new Running(arena, 3);
        GradientCheck.check(
            backend,
            op,
            List.of(
                Input.random(1, 2, 2, 2, 3),
                Input.random(2, 3).perChannel(),
                Input.random(3, 3).perChannel()),
            (tape, x) ->
                BatchNormOps.batchNorm(
                    tape, x.get(0), running.norm(x.get(1), x.get(2)), Activation.NONE));
      }
    };
  }

  private static Check convBn(Activation activation, float... shifts) {
    return (backend, op) -> {
      try (TensorArena arena = backend.newArena()) {
        Running running = new Running(arena, 4);
        GradientCheck.check(
            backend,
            op,
            List.of(
                Input.random(1, 2, 3, 3, 2),
                Input.random(2, 4, 3, 3, 2),
                Input.random(3, 4).perChannel(),
                new Input(Shape.of(4), shifts).perChannel()),
            (tape, x) ->
                BatchNormOps.convBn(
                    tape, x.get(0), x.get(1), SAME, running.norm(x.get(2), x.get(3)), activation));
      }
    };
  }

  private static Check convBnAdd(Activation activation, float... shifts) {
    return (backend, op) -> {
      try (TensorArena arena = backend.newArena()) {
        Running running = new Running(arena, 4);
        GradientCheck.check(
            backend,
            op,
            List.of(
                Input.random(1, 2, 3, 3, 2),
                Input.random(2, 4, 3, 3, 2),
                Input.random(3, 4).perChannel(),
                new Input(Shape.of(4), shifts).perChannel(),
                Input.random(4, 2, 3, 3, 4)),
            (tape, x) -> {
              // Computed on the tape, so that the gradient can be handed over to it.
              Variable identity = ElementwiseOps.activation(tape, x.get(4), Activation.NONE);
              return BatchNormOps.convBnAdd(
                  tape,
                  x.get(0),
                  x.get(1),
                  SAME,
                  running.norm(x.get(2), x.get(3)),
                  identity,
                  activation);
            });
      }
    };
  }

  private static final PoolingParams PAIRS = PoolingParams.of(2, 2, 0).withCeilMode();

  /** Filters that keep the first channel's order, so that no step moves a maximum. */
  private static Input orderKeeping() {
    return new Input(Shape.of(3, 1, 1, 2), new float[] {1, 0.02f, -0.9f, 0.03f, 0.8f, -0.02f});
  }

  private static Check convBiasMaxPool() {
    return (backend, op) ->
        GradientCheck.check(
            backend,
            op,
            List.of(
                shuffled(5, 1, 5, 5, 2),
                orderKeeping(),
                new Input(Shape.of(3), new float[] {40, -40, 90}).perChannel()),
            (tape, x) ->
                ConvolutionOps.convBiasMaxPool(
                    tape,
                    x.get(0),
                    x.get(1),
                    x.get(2),
                    Activation.RELU,
                    ConvolutionParams.of(1, 0),
                    PAIRS));
  }

  private static Check convBnMaxPool() {
    return (backend, op) -> {
      try (TensorArena arena = backend.newArena()) {
        Running running = new Running(arena, 3);
        GradientCheck.check(
            backend,
            op,
            List.of(
                shuffled(7, 1, 5, 5, 2),
                orderKeeping(),
                new Input(Shape.of(3), new float[] {0.9f, 0.7f, -0.8f}).perChannel(),
                new Input(Shape.of(3), new float[] {4, -4, 5}).perChannel()),
            (tape, x) ->
                BatchNormOps.convBnMaxPool(
                    tape,
                    x.get(0),
                    x.get(1),
                    ConvolutionParams.of(1, 0),
                    running.norm(x.get(2), x.get(3)),
                    Activation.RELU,
                    PAIRS));
      }
    };
  }

  /** Two levels, three classes; one image with positives of each class and one without. */
  private static Check multibox(LossParams params) {
    List<HeadLayout> layouts =
        List.of(new HeadLayout(2, 2, 2, 3, 14, 0), new HeadLayout(1, 1, 2, 3, 14, 8));
    return (backend, op) -> {
      try (TensorArena arena = backend.newArena()) {
        Tensors tensors = new Tensors(backend, arena);
        int[] classes = new int[20];
        classes[1] = 1;
        classes[9] = 2;
        Tensor classTargets = tensors.ints(Shape.of(2, 10), classes);
        Tensor offsetTargets = tensors.floats(Shape.of(2, 10, 4), Tensors.random(7, 2 * 10 * 4));
        Tensor losses = arena.zeros(Shape.of(3), DType.F32);
        GradientCheck.check(
            backend,
            op,
            List.of(Input.random(5, 2, 2, 2, 14), Input.random(6, 2, 1, 1, 14)),
            (tape, x) ->
                LossOps.multiboxLoss(
                    tape,
                    new HeadVariables(x, layouts),
                    classTargets,
                    offsetTargets,
                    params,
                    losses));
      }
    };
  }

  private static final class Running {
    private final Tensor mean;
    private final Tensor variance;

    Running(TensorArena arena, int channels) {
      mean = arena.zeros(Shape.of(channels), DType.F32);
      variance = arena.zeros(Shape.of(channels), DType.F32);
    }

    BatchNormOps.BatchNorm norm(Variable gamma, Variable beta) {
      return new BatchNormOps.BatchNorm(gamma, beta, mean, variance, 1e-5f, 0.1f);
    }
  }

  /** Values spread evenly over ±width / 2, none near zero. */
  private static Input spread(int count, float width) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = width * ((i + 0.5f) / count - 0.5f);
    }
    return new Input(Shape.of(count), values);
  }

  /** Distinct values, far enough apart that no step changes their order. */
  private static Input shuffled(long seed, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = spread((int) shape.size(), 20).values();
    java.util.SplittableRandom random = new java.util.SplittableRandom(seed);
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
    return new Input(shape, values);
  }
}
