package dev.multibox.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

class TapeTest {
  private static final Shape FOUR = Shape.of(4);

  @BackendSource
  void aResidualGradientIsHandedOverWithoutACopy(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Variable leaf = Variable.leaf(tensors.floats(FOUR, 1, 2, 3, 4), tensors.poisoned(FOUR));
      CountingMemory memory = new CountingMemory(arena);
      try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING)) {
        Variable x = ElementwiseOps.activation(tape, leaf, Activation.RELU);
        Variable y =
            ElementwiseOps.add(tape, x, Variable.constant(tensors.floats(FOUR, 1, 1, 1, 1)));
        int before = memory.allocations;
        tape.backward(y, tensors.floats(FOUR, 1, 2, 3, 4));

        // One buffer for y's gradient, which becomes x's.
        assertThat(memory.allocations - before).isEqualTo(1);
      }
      assertThat(backend.floats(leaf.grad())).containsExactly(1, 2, 3, 4);
    }
  }

  @BackendSource
  void theSecondGradientOfALeafIsAdded(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Variable leaf = Variable.leaf(tensors.floats(FOUR, 1, 2, 3, 4), tensors.poisoned(FOUR));
      PooledMemory memory = new PooledMemory(arena);
      for (int i = 0; i < 2; i++) {
        try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING)) {
          Variable y = ElementwiseOps.activation(tape, leaf, Activation.RELU);
          tape.backward(y, tensors.floats(FOUR, 1, 2, 3, 4));
        }
      }
      assertThat(backend.floats(leaf.grad())).containsExactly(2, 4, 6, 8);

      leaf.resetGradient();
      assertThat(leaf.hasGradient()).isFalse();
    }
  }

  @BackendSource
  void aStepAllocatesNothingOnceWarmAndKeepsItsAddresses(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Variable leaf = Variable.leaf(tensors.floats(FOUR, 1, -2, 3, -4), tensors.poisoned(FOUR));
      Tensor seed = tensors.floats(FOUR, 1, 1, 1, 1);
      PooledMemory memory = new PooledMemory(arena);
      List<List<Long>> addresses = new ArrayList<>();
      List<Long> reserved = new ArrayList<>();
      for (int step = 0; step < 3; step++) {
        try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING)) {
          Variable a = ElementwiseOps.activation(tape, leaf, Activation.RELU);
          Variable b = ElementwiseOps.add(tape, a, leaf);
          Variable c = ElementwiseOps.add(tape, a, b);
          addresses.add(List.of(a.value().address(), b.value().address(), c.value().address()));
          tape.backward(c, seed);
        }
        reserved.add(memory.reservedBytes());
      }
      assertThat(addresses.get(2)).isEqualTo(addresses.get(1));
      assertThat(reserved).containsOnly(reserved.getFirst());
    }
  }

  @BackendSource
  void inferenceRecordsNothing(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Variable leaf =
          Variable.leaf(tensors.floats(FOUR, 1, -2, 3, -4), tensors.zeros(FOUR, DType.F32));
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.INFERENCE)) {
        Variable y = ElementwiseOps.activation(tape, leaf, Activation.RELU);

        assertThat(tape.ops()).isEmpty();
        assertThat(y.needsGradient()).isFalse();
        assertThat(backend.floats(y.value())).containsExactly(1, 0, 3, 0);
      }
    }
  }

  @BackendSource
  void anOpOfConstantsIsNotRecorded(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Variable x = Variable.constant(tensors.floats(FOUR, 1, 2, 3, 4));
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.TRAINING)) {
        Variable y = ElementwiseOps.add(tape, x, x);

        assertThat(tape.ops()).isEmpty();
        assertThat(y.needsGradient()).isFalse();
      }
    }
  }

  @BackendSource
  void memoryRefusesATensorReturnedTwice(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      PooledMemory memory = new PooledMemory(arena);
      Tensor tensor = memory.allocate(FOUR, DType.F32);
      memory.release(tensor);

      assertThatIllegalStateException()
          .isThrownBy(() -> memory.release(tensor))
          .withMessage("release: [4] F32 is not handed out");
    }
  }

  private static final class CountingMemory implements StepMemory {
    private final PooledMemory memory;
    private int allocations;

    CountingMemory(TensorArena arena) {
      memory = new PooledMemory(arena);
    }

    @Override
    public Tensor allocate(Shape shape, DType dtype) {
      allocations++;
      return memory.allocate(shape, dtype);
    }

    @Override
    public void release(Tensor tensor) {
      memory.release(tensor);
    }

    @Override
    public long reservedBytes() {
      return memory.reservedBytes();
    }
  }
}
