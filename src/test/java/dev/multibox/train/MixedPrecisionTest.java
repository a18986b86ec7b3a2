package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.Batch;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.data.Splits;
import dev.multibox.eval.CocoResult;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.optim.GradScaler;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps with activations and filters of F16, and masters of F32. */
class MixedPrecisionTest {
  private static final int SIZE = 32;
  private static final int BATCH = 4;
  private static final List<Batch> IMAGES = List.of(TrainingStepTimer.randomBatch(BATCH, SIZE));

  /** So much overflows whatever it is multiplied by. */
  private static final float TOO_MUCH = 0x1p120f;

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Splits splits;

  @BeforeAll
  static void drawShapes() throws IOException {
    Path shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(8, 4, 0), 64);
    splits = Splits.choose(DatasetReader.open(shapes), null, null, 1);
  }

  /** A network and its steps. */
  private record Fixture(Backend backend, Ssd ssd, TrainingStep step) {
    List<float[]> everything() {
      List<float[]> all = new ArrayList<>();
      all.add(backend.floats(ssd.state().weights()));
      all.add(backend.floats(ssd.state().momentum()));
      for (Buffer buffer : ssd.state().buffers()) {
        all.add(backend.floats(buffer.value()));
      }
      return all;
    }
  }

  private static void on(DType type, int accumulate, Consumer<Fixture> body) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, 7);
      Ssd ssd = new Ssd(backend, config, type, arena);
      ssd.state().initialize(1);
      StepSettings settings = new StepSettings(BATCH, accumulate, 4, 0, Recompute.NONE);
      body.accept(
          new Fixture(
              backend, ssd, new TrainingStep(backend, ssd, Recipe.scratch(), settings, arena)));
    }
  }

  @Test
  void stepsAreThoseOfFloatsButForRounding() {
    List<Float> floats = new ArrayList<>();
    List<Float> halves = new ArrayList<>();
    on(DType.F32, 1, fixture -> losses(fixture, IMAGES, floats));
    on(DType.F16, 1, fixture -> losses(fixture, IMAGES, halves));

    assertThat(halves.getLast()).isLessThan(halves.getFirst() / 2);
    for (int i = 0; i < floats.size(); i++) {
      assertThat(halves.get(i)).isCloseTo(floats.get(i), within(0.02f * floats.getFirst()));
    }
  }

  private static void losses(Fixture fixture, List<Batch> images, List<Float> losses) {
    for (int i = 0; i < 12; i++) {
      losses.add(fixture.step().run(images, 0.02f, i).getFirst().loss());
    }
  }

  @Test
  void gradientsOfSeveralBatchesAreSummedInFloats() {
    List<Batch> two = List.of(IMAGES.getFirst(), IMAGES.getFirst());
    List<Float> once = new ArrayList<>();
    List<Float> twice = new ArrayList<>();
    on(DType.F16, 1, fixture -> losses(fixture, IMAGES, once));
    on(DType.F16, 2, fixture -> losses(fixture, two, twice));

    // The mean of two equal gradients; the running statistics move twice, which no loss sees.
    assertThat(twice).isEqualTo(once);
  }

  @Test
  void aSkippedStepLeavesNoTrace() {
    on(
        DType.F16,
        2,
        fixture -> {
          List<Batch> two = List.of(IMAGES.getFirst(), IMAGES.getFirst());
          fixture.step().run(two, 0.02f, 0);
          List<float[]> before = fixture.everything();
          fixture.step().scaler().restore(new GradScaler.State(TOO_MUCH, 7));
          TrainingStep.Result result = fixture.step().run(two, 0.02f, 1).getFirst();

          assertThat(result.skipped()).isTrue();
          assertThat(result.loss()).isPositive().isFinite();
          assertThat(result.scale()).isEqualTo(TOO_MUCH);
          assertThat(fixture.step().scaler().state())
              .isEqualTo(new GradScaler.State(TOO_MUCH / 2, 0));
          List<float[]> after = fixture.everything();
          for (int i = 0; i < before.size(); i++) {
            assertThat(after.get(i)).isEqualTo(before.get(i));
          }

          fixture.step().scaler().restore(new GradScaler.State(1024, 0));
          assertThat(fixture.step().run(two, 0.02f, 1).getFirst().skipped()).isFalse();
          for (int i = 0; i < before.size(); i++) {
            assertThat(fixture.everything().get(i)).isNotEqualTo(before.get(i));
          }
        });
  }

  @Test
  void theScaleGrowsBehindEnoughCleanSteps() {
    on(
        DType.F16,
        1,
        fixture -> {
          int interval = ScaleParams.dynamic().growthInterval();
          fixture.step().scaler().restore(new GradScaler.State(64, interval - 2));
          fixture.step().run(IMAGES, 0.02f, 0);
          assertThat(fixture.step().scaler().state())
              .isEqualTo(new GradScaler.State(64, interval - 1));
          fixture.step().run(IMAGES, 0.02f, 1);
          assertThat(fixture.step().scaler().state()).isEqualTo(new GradScaler.State(128, 0));
        });
  }

  @Test
  void figuresAreReadFromTheirRowOfTheRingBehindManySteps() {
    on(
        DType.F16,
        1,
        fixture -> {
          float last = Float.NaN;
          for (int i = 0; i < 70; i++) {
            fixture.step().scaler().restore(new GradScaler.State(1024 + i, 0));
            TrainingStep.Result result = fixture.step().run(IMAGES, 0.01f, i).getFirst();
            assertThat(result.scale()).isEqualTo(1024 + i);
            assertThat(result.loss()).isNotEqualTo(last);
            last = result.loss();
          }
        });
  }

  @Test
  void tenSkippedStepsInARowStopARun() {
    assertThatExceptionOfType(DivergedException.class)
        .isThrownBy(() -> trainFrom(new GradScaler.State(TOO_MUCH, 0), _ -> {}))
        .withMessageMatching(
            "gradients: were not finite in 10 steps in a row, the last one on images"
                + " (train_0000\\d, ){3}train_0000\\d; lower --lr; the last good checkpoint is .*");
  }

  @Test
  void aScaleBelowOneStopsARun() {
    TrainingStep.Result overflow = new TrainingStep.Result(3, 2, 1, true, 1);

    assertThatExceptionOfType(DivergedException.class)
        .isThrownBy(() -> Divergence.check(overflow, 7, 2, true, "a, b", "there is none"))
        .withMessage(
            "gradients: overflowed in step 7 at a loss scale of 1.0 on images a, b; lower --lr, or"
                + " train with --precision fp32; there is none");
    // In floats the scale is 1 throughout, and ten steps in a row are what stops.
    Divergence.check(overflow, 7, 8, false, "a, b", "there is none");
    assertThatExceptionOfType(DivergedException.class)
        .isThrownBy(() -> Divergence.check(overflow, 7, 9, false, "a, b", "there is none"))
        .withMessageStartingWith("gradients: were not finite in 10 steps in a row");
  }

  @Test
  void aLossThatIsNotFiniteIsNoOverflow() {
    assertThatExceptionOfType(DivergedException.class)
        .isThrownBy(() ->
            trainFrom(new GradScaler.State(1, 0), ssd -> write(ssd, "heads.0.bias", Float.NaN)))
        .withMessageStartingWith("loss: was NaN in step 2 on images train_0000");
  }

  private static void write(Ssd ssd, String name, float value) {
    for (Parameter parameter : ssd.state().parameters()) {
      if (parameter.name().equals(name)) {
        float[] values = new float[Math.toIntExact(parameter.shape().size())];
        java.util.Arrays.fill(values, value);
        ssd.state().write(parameter, parameter.value(), values);
        return;
      }
    }
    throw new AssertionError("no parameter " + name);
  }

  /** Goes on behind step 1 with another loss scale and other weights. */
  private void trainFrom(GradScaler.State scale, Consumer<Ssd> change) throws Exception {
    TrainConfig config = TrainConfigs.tiny(40, Map.of("precision", "amp"));
    Trainer.Progress silent =
        new Trainer.Progress() {
          @Override
          public void step(long iteration, long iterations, TrainingStep.Result result) {}

          @Override
          public void evaluated(long iteration, CocoResult result) {}
        };
    Path file = folder.resolve("changed.safetensors");
    try (CpuBackend backend = CpuBackend.open(1);
        Trainer trainer =
            new Trainer(backend, config, TrainConfigs.network(config, splits), splits, silent);
        RunDirectory run = RunDirectory.create(folder.resolve("run"), config)) {
      trainer.run(run, () -> trainer.state().iteration() == 1);
      change.accept(trainer.ssd());
      Checkpoint.Meta meta =
          new Checkpoint.Meta("ssd-tiny", SIZE, SIZE, splits.train().categories(), 1, 1);
      Checkpoint.write(file, trainer.ssd().state(), backend, meta, trainer.state().with(scale));
      try (Checkpoint changed = Checkpoint.open(file)) {
        assertThat(changed.runState().scale()).isEqualTo(scale);
        trainer.resume(changed);
      }
      trainer.run(run, () -> false);
    }
  }
}
