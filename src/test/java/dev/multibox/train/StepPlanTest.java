package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.multibox.autograd.MemoryPlan;
import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.Recompute;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.SimulatorSettings;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.data.Batch;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdNetwork;
import dev.multibox.nn.LayerSummary;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory of whole training steps, planned and used. */
class StepPlanTest {
  private static final int SIZE = 64;
  private static final int BATCH = 3;
  private static final int CLASSES = 7;
  private static final Batch IMAGES = TrainingStepTimer.randomBatch(BATCH, SIZE);
  private static final StepSettings SETTINGS =
      new StepSettings(BATCH, 1, 4, BATCH * TensorArena.padded(3 * SIZE * SIZE), Recompute.NONE);

  private static final List<String> TABLE = new ArrayList<>();

  /** Memory that remembers where it put everything. */
  private static final class Addresses implements StepMemory {
    private final StepMemory memory;
    private List<Long> addresses = new ArrayList<>();

    Addresses(StepMemory memory) {
      this.memory = memory;
    }

    @Override
    public Tensor allocate(Shape shape, DType dtype) {
      Tensor tensor = memory.allocate(shape, dtype);
      addresses.add(tensor.address());
      return tensor;
    }

    @Override
    public void release(Tensor tensor) {
      memory.release(tensor);
    }

    @Override
    public long reservedBytes() {
      return memory.reservedBytes();
    }

    List<Long> take() {
      List<Long> taken = addresses;
      addresses = new ArrayList<>();
      return taken;
    }
  }

  private static Ssd tiny(Backend backend, TensorArena arena) {
    return tiny(backend, DType.F32, arena);
  }

  private static Ssd tiny(Backend backend, DType type, TensorArena arena) {
    Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
    Ssd ssd = new Ssd(backend, config, type, arena);
    ssd.state().initialize(1);
    return ssd;
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void aStepUsesExactlyWhatWasPlannedAndAllocatesNothing(DType type) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = tiny(backend, type, arena);
      StepPlan plan = TrainingStep.plan(backend, ssd, Recipe.scratch(), SETTINGS);
      Addresses memory = new Addresses(PlannedMemory.in(arena, plan.memory()));
      TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), SETTINGS, memory, arena);
      List<List<Long>> addresses = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        step.run(List.of(IMAGES), 0.01f, i);
        addresses.add(memory.take());
        assertThat(arena.allocatedBytes() + backend.workspaceBytes()).isEqualTo(plan.peakBytes());
      }

      assertThat(addresses.getFirst()).hasSize(plan.memory().allocations());
      assertThat(addresses).containsOnly(addresses.getFirst());
    }
  }

  @Test
  void whereTensorsLieChangesNoBit() {
    assertThat(weightsAfterFourSteps(true)).isEqualTo(weightsAfterFourSteps(false));
  }

  private static float[] weightsAfterFourSteps(boolean planned) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = tiny(backend, arena);
      Recipe recipe = Recipe.scratch();
      TrainingStep step =
          planned
              ? new TrainingStep(backend, ssd, recipe, SETTINGS, arena)
              : new TrainingStep(backend, ssd, recipe, SETTINGS, new PooledMemory(arena), arena);
      for (int i = 0; i < 4; i++) {
        step.run(List.of(IMAGES), 0.05f, i);
      }
      return backend.floats(ssd.state().weights());
    }
  }

  @Test
  void listsEveryConvolutionOfTheStep() {
    try (DryBackend dry = DryBackend.withChannelMultiple(8);
        TensorArena arena = dry.newArena()) {
      StepPlan plan = TrainingStep.plan(dry, tiny(dry, arena), Recipe.scratch(), SETTINGS);
      // Eight of the backbone and four heads. The first has no gradient of its input, and those of
      // the first head are as those of stride4b, from 48 to 48 channels.
      assertThat(plan.convolutions().stream().map(ConvolutionCall::pass))
          .hasSize(12 + 10 + 11)
          .filteredOn(pass -> pass == Pass.BACKWARD_DATA)
          .hasSize(10);
      assertThat(plan.convolutions().getFirst().x()).isEqualTo(Shape.of(BATCH, SIZE, SIZE, 8));
    }
  }

  /**
   * Megabytes of F16 activations for each image on a GPU, as a table at the end. By hand the
   * tensors that backward reads sum up to 112 for ResNet-50, 115 with masks, and 94 where norms are
   * computed again; what the gradients of one block need comes on top. By batch 896 tensors have
   * passed 2^31 elements.
   */
  @ParameterizedTest
  @CsvSource({
    "ssd300-vgg16, NONE, 44",
    "ssd300-vgg16, NORM, 43",
    "ssd300-vgg16, BLOCK, 43",
    "ssd300-resnet50, NONE, 122",
    "ssd300-resnet50, NORM, 101",
    "ssd300-resnet50, BLOCK, 60"
  })
  void plansNetworksOfAnyBatchWithinAFewPercentOfWhatIsInUse(
      String model, Recompute recompute, double megabytes) {
    for (int batch : new int[] {1, 32, 896}) {
      try (Backend dry = CudaBackend.dry(SimulatorSettings.of(1).device());
          TensorArena arena = dry.newArena()) {
        Ssd ssd = new Ssd(dry, Ssd.Config.of(ModelRegistry.find(model), 81), DType.F16, arena);
        StepSettings settings = StepSettings.of(batch, 100).with(recompute);
        StepPlan plan = TrainingStep.plan(dry, ssd, Recipe.find("nvidia-coco"), settings);
        MemoryPlan memory = plan.memory();

        TABLE.add(
            String.format(
                Locale.ROOT,
                "%-16s %-6s %4d %9.1f %9.1f %9.1f %9.1f %9.1f",
                model,
                recompute,
                batch,
                memory.bytes() / 1e6 / batch,
                memory.liveBytes() / 1e6 / batch,
                plan.workspaceBytes() / 1e6,
                plan.fixedBytes() / 1e6,
                plan.peakBytes() / 1e6));
        assertThat(memory.bytes())
            .isBetween(memory.liveBytes(), memory.liveBytes() * 103 / 100)
            .isLessThan((long) (batch * megabytes * 1e6));
      }
    }
  }

  /**
   * Where the loss's gradient is computed everything is there that backward will read: of VGG the
   * inputs of its convolutions, 37.3 MB an image, and the places of its maxima, 2.9; besides the
   * heads' outputs and their gradients, 1.5 each.
   */
  @Test
  void vggTakesWhatItsConvolutionsReadAgainAndItsHeads() {
    Ssd.Config config = Ssd.Config.of(ModelRegistry.find("ssd300-vgg16"), 81);
    long inputs = 0;
    long maxima = 0;
    long heads = 0;
    for (LayerSummary layer : new SsdNetwork(config, 8).summaries()) {
      long elements = layer.output().size();
      long places = layer.operation().startsWith("max pool") ? elements : 0;
      long halves = (layer.keptBytes() - places) / Float.BYTES * DType.F16.bytes();
      maxima += places;
      if (layer.name().startsWith("heads.")) {
        heads += halves;
      } else {
        inputs += halves;
      }
    }
    try (DryBackend dry = DryBackend.gpu();
        TensorArena arena = dry.newArena()) {
      Ssd ssd = new Ssd(dry, config, DType.F16, arena);
      MemoryPlan memory =
          TrainingStep.plan(dry, ssd, Recipe.find("nvidia-coco"), StepSettings.of(32, 100))
              .memory();

      assertThat(inputs / 1e6).isCloseTo(37.3, within(0.05));
      assertThat(maxima / 1e6).isCloseTo(2.9, within(0.05));
      assertThat(heads / 1e6).isCloseTo(1.5, within(0.05));
      assertThat(memory.bytes() / 32.0)
          .isCloseTo(inputs + maxima + 2.0 * heads, withinPercentage(0.1));
    }
  }

  @AfterAll
  static void printTable() {
    System.out.println(
        "F16 activations  again  batch  MB/image   in use  workspace  fixed  peak MB");
    TABLE.forEach(System.out::println);
  }
}
