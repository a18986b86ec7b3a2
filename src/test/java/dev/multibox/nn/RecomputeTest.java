package dev.multibox.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.autograd.MemoryPlan;
import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.PoolingParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small residual network, whose backward keeps more or less. */
class RecomputeTest {
  private static final Shape IMAGE = Shape.of(2, 12, 12, 3);
  private static final ConvolutionParams SAME = ConvolutionParams.of(1, 1);

  /** What one step leaves behind, and the peak of its memory. */
  private record Step(
      List<float[]> gradients, List<float[]> statistics, long bytes, List<String> ops) {}

  @ParameterizedTest
  @EnumSource(names = {"NORM", "BLOCK"})
  void computesTheSameBitsInLessMemory(Recompute recompute) {
    Step all = step(Recompute.NONE, DType.F32);
    Step less = step(recompute, DType.F32);

    assertThat(less.gradients()).hasSize(all.gradients().size());
    for (int i = 0; i < all.gradients().size(); i++) {
      assertThat(less.gradients().get(i)).isEqualTo(all.gradients().get(i));
    }
    assertThat(less.bytes()).isLessThan(all.bytes());
  }

  @ParameterizedTest
  @EnumSource
  void updatesStatisticsOnce(Recompute recompute) {
    Step all = step(Recompute.NONE, DType.F32);
    Step other = step(recompute, DType.F32);

    assertThat(all.statistics().getFirst()).doesNotContain(0);
    for (int i = 0; i < all.statistics().size(); i++) {
      assertThat(other.statistics().get(i)).isEqualTo(all.statistics().get(i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void computesTheSameBitsInHalves(Recompute recompute) {
    Step all = step(Recompute.NONE, DType.F16);
    Step other = step(recompute, DType.F16);

    for (int i = 0; i < all.gradients().size(); i++) {
      assertThat(other.gradients().get(i)).isEqualTo(all.gradients().get(i));
    }
  }

  /** A block is a single op of the tape where it is run again. */
  @ParameterizedTest
  @EnumSource
  void recordsABlockAsASegmentWhereItIsRunAgain(Recompute recompute) {
    List<String> ops = step(recompute, DType.F32).ops();

    if (recompute == Recompute.BLOCK) {
      assertThat(ops).containsExactly("convBnMaxPool", "segment", "segment", "l2Norm", "convBn");
    } else {
      assertThat(ops)
          .containsExactly(
              "convBnMaxPool",
              "convBn",
              "convBn",
              "convBnAdd",
              "convBn",
              "convBnAdd",
              "l2Norm",
              "convBn");
    }
  }

  private static Step step(Recompute recompute, DType type) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      DryBackend dry = DryBackend.of(backend);
      MemoryPlan plan =
          MemoryPlan.of(dry, memory -> run(dry, dry.newArena(), memory, recompute, type, 0));
      return run(backend, arena, PlannedMemory.in(arena, plan), recompute, type, plan.bytes());
    }
  }

  private static Step run(
      Backend backend,
      TensorArena arena,
      StepMemory memory,
      Recompute recompute,
      DType type,
      long bytes) {
    Tensors tensors = new Tensors(backend, arena);
    Scope scope = new Scope(1);
    Layer net = net(scope);
    ModelState state = ModelState.allocate(backend, scope, type, arena);
    state.initialize(3);
    Tensor image = tensors.of(type, IMAGE, Tensors.random(1, IMAGE.size()));
    List<String> ops;
    try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING, recompute)) {
      Variable y = net.forward(tape, Variable.constant(image));
      ops = tape.ops();
      tape.backward(y, tensors.of(type, y.shape(), Tensors.random(2, y.shape().size())));
      tape.updateRunningStatistics(tensors.zeros(Shape.of(1), DType.I32));
    }
    List<float[]> gradients = new ArrayList<>();
    state.parameters().forEach(each -> gradients.add(tensors.values(each.variable().grad())));
    List<float[]> statistics =
        state.buffers().stream().map(b -> backend.floats(b.value())).toList();
    return new Step(gradients, statistics, bytes, ops);
  }

  private static Layer net(Scope scope) {
    return Sequential.of(
        conv(scope, "stem", 3, 8, Activation.RELU),
        new MaxPool(PoolingParams.of(3, 2, 1)),
        new ResidualBlock(
            Sequential.of(conv(scope, "a1", 8, 8, Activation.RELU)),
            conv(scope, "a2", 8, 16, Activation.RELU),
            conv(scope, "shortcut", 8, 16, Activation.NONE)),
        new ResidualBlock(
            Sequential.of(conv(scope, "b1", 16, 16, Activation.RELU)),
            conv(scope, "b2", 16, 16, Activation.RELU),
            null),
        new L2Norm(scope.child("norm"), 16, Guard.ADD_TO_SQUARES, 1e-6f),
        conv(scope, "last", 16, 4, Activation.RELU));
  }

  private static ConvBn conv(Scope scope, String name, int in, int out, Activation activation) {
    return new ConvBn(scope.child(name), Shape.of(out, 3, 3, in), SAME, activation);
  }
}
