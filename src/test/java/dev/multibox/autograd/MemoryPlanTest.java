package dev.multibox.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.autograd.BlockPacking.Block;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static final Shape FOUR = Shape.of(4);
  private static final long BLOCK = TensorArena.ALIGNMENT;

  @Test
  void blocksThatAreUsedAtOneTimeNeverOverlap() {
    for (long seed = 1; seed <= 40; seed++) {
      List<Block> blocks = randomBlocks(seed);
      BlockPacking packing = BlockPacking.of(blocks);
      long[] offsets = packing.offsets();

      assertThat(packing.bytes()).isGreaterThanOrEqualTo(BlockPacking.liveBytes(blocks));
      for (int i = 0; i < blocks.size(); i++) {
        Block a = blocks.get(i);
        assertThat(offsets[i] % BLOCK).isZero();
        assertThat(offsets[i] + a.bytes()).isLessThanOrEqualTo(packing.bytes());
        for (int j = 0; j < i; j++) {
          Block b = blocks.get(j);
          boolean together = a.first() <= b.last() && b.first() <= a.last();
          boolean apart =
              offsets[i] + a.bytes() <= offsets[j] || offsets[j] + b.bytes() <= offsets[i];
          assertThat(apart || !together).describedAs("seed %d: %s and %s", seed, a, b).isTrue();
        }
      }
    }
  }

  @Test
  void aSlabIsAtMostATenthLargerThanWhatIsInUse() {
    for (long seed = 1; seed <= 40; seed++) {
      List<Block> blocks = randomBlocks(seed);

      assertThat(BlockPacking.of(blocks).bytes())
          .isLessThanOrEqualTo(BlockPacking.liveBytes(blocks) * 11 / 10);
    }
  }

  private static List<Block> randomBlocks(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      int first = random.nextInt(100);
      int last = first + (random.nextInt(4) == 0 ? random.nextInt(100) : random.nextInt(6));
      blocks.add(new Block(BLOCK * (1 + random.nextInt(200)), first, last));
    }
    return blocks;
  }

  @Test
  void aPlaceIsGivenAwayBehindItsLastUse() {
    // Four tensors in a chain, of which two are used at a time.
    MemoryPlan plan =
        plan((dry, memory) -> {
          List<Tensor> held = new ArrayList<>();
          held.add(memory.allocate(FOUR, DType.F32));
          for (int i = 0; i < 3; i++) {
            held.add(memory.allocate(FOUR, DType.F32));
            dry.elementwise().activation(held.get(i), Activation.RELU, held.get(i + 1));
          }
          held.forEach(memory::release);
        });

    assertThat(plan.allocations()).isEqualTo(4);
    assertThat(plan.liveBytes()).isEqualTo(2 * BLOCK);
    assertThat(plan.bytes()).isEqualTo(2 * BLOCK);
  }

  @Test
  void partsOfATensorAreUsesOfIt() {
    MemoryPlan plan =
        plan((dry, memory) -> {
          Tensor two = memory.allocate(Shape.of(2, 4), DType.F32);
          dry.elementwise().fill(two, 1);
          Tensor other = memory.allocate(FOUR, DType.F32);
          dry.elementwise().fill(other, 2);
          dry.elementwise().fill(two.get(1), 3);
          memory.release(two);
          memory.release(other);
        });

    assertThat(plan.bytes()).isEqualTo(2 * BLOCK);
  }

  @Test
  void countsPastTwoToTheThirtyOne() {
    Shape huge = Shape.of(3000, 300, 300, 64);
    MemoryPlan plan =
        plan((dry, memory) -> {
          Tensor x = memory.allocate(huge, DType.F16);
          dry.elementwise().fill(x, 0);
          memory.release(x);
        });

    assertThat(plan.bytes()).isEqualTo(2 * huge.size());
  }

  @Test
  void refusesAStepThatKeepsWhatItTook() {
    assertThatIllegalStateException()
        .isThrownBy(() -> plan((_, memory) -> memory.allocate(FOUR, DType.F32)))
        .withMessage("plan: the step kept 1 tensors, wanted all returned");
  }

  @BackendSource
  void everyStepHasTheSameAddressesInOneSlab(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Consumer<StepMemory> step = step(backend, arena, 4, new ArrayList<>());
      MemoryPlan plan = planOf(backend, 4);
      PlannedMemory memory = PlannedMemory.in(arena, plan);
      long before = arena.allocatedBytes();
      List<Long> first = new ArrayList<>();
      step(backend, arena, 4, first).accept(memory);
      long after = arena.allocatedBytes();
      step.accept(memory);
      List<Long> third = new ArrayList<>();
      step(backend, arena, 4, third).accept(memory);

      assertThat(third).isEqualTo(first).hasSize(3);
      assertThat(memory.reservedBytes()).isEqualTo(plan.bytes());
      // What the test itself allocates for its leaf and its seed.
      assertThat(after - before).isEqualTo(3 * BLOCK);
    }
  }

  @BackendSource
  void aSmallerStepLiesInTheSamePlaces(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      PlannedMemory memory = PlannedMemory.in(arena, planOf(backend, 400));
      List<Long> whole = new ArrayList<>();
      step(backend, arena, 400, whole).accept(memory);
      List<Long> part = new ArrayList<>();
      step(backend, arena, 7, part).accept(memory);

      assertThat(part).isEqualTo(whole);
    }
  }

  @BackendSource
  void refusesAStepThatWasNotPlanned(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      PlannedMemory memory = PlannedMemory.in(arena, planOf(backend, 4));

      assertThatIllegalStateException()
          .isThrownBy(() -> memory.allocate(Shape.of(65), DType.F32))
          .withMessage("plan: allocation 0 was [65] F32, planned were 256 bytes");
      Tensor x = memory.allocate(FOUR, DType.F32);
      memory.release(x);
      assertThatIllegalStateException()
          .isThrownBy(() -> memory.release(x))
          .withMessage("release: [4] F32 is not handed out");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> new PlannedMemory(planOf(backend, 400), arena.allocate(Shape.of(8), DType.U8)))
          .withMessageStartingWith("plan: the slab was [8] U8, wanted at least");
    }
  }

  private static MemoryPlan plan(java.util.function.BiConsumer<Backend, StepMemory> step) {
    DryBackend dry = DryBackend.withChannelMultiple(1);
    return MemoryPlan.of(dry, memory -> step.accept(dry, memory));
  }

  private static MemoryPlan planOf(Backend backend, int size) {
    DryBackend dry = DryBackend.of(backend);
    return MemoryPlan.of(dry, step(dry, dry.newArena(), size, new ArrayList<>()));
  }

  /** Forward and backward of three ops; remembers the addresses of their results. */
  private static Consumer<StepMemory> step(
      Backend backend, TensorArena arena, int size, List<Long> addresses) {
    Tensors tensors = new Tensors(backend, arena);
    Shape shape = Shape.of(size);
    return memory -> {
      Variable leaf =
          Variable.leaf(tensors.floats(shape, Tensors.random(1, size)), tensors.poisoned(shape));
      try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING)) {
        Variable a = ElementwiseOps.activation(tape, leaf, Activation.RELU);
        Variable b = ElementwiseOps.add(tape, a, leaf);
        Variable c = ElementwiseOps.add(tape, a, b);
        addresses.addAll(List.of(a.value().address(), b.value().address(), c.value().address()));
        tape.backward(c, tensors.floats(shape, Tensors.random(2, size)));
      }
    };
  }
}
