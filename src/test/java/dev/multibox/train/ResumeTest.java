package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.data.Splits;
import dev.multibox.data.UnreadableImageException;
import dev.multibox.eval.CocoResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was stopped goes on as if it never had been. */
class ResumeTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Splits splits;

  /** Counts steps and evaluations. */
  private static final class Count implements Trainer.Progress {
    private final List<Long> evaluations = new ArrayList<>();
    private int steps;

    @Override
    public void step(long iteration, long iterations, TrainingStep.Result result) {
      steps++;
    }

    @Override
    public void evaluated(long iteration, CocoResult result) {
      evaluations.add(iteration);
    }
  }

  /** Ten images, so that an epoch has two batches of four and two images are left over. */
  @BeforeAll
  static void drawShapes() throws IOException {
    Path shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(10, 5, 0), 64);
    splits = Splits.choose(DatasetReader.open(shapes), null, null, 1);
  }

  private Trainer.Outcome begin(String name, TrainConfig config, Count count, BooleanSupplier stop)
      throws IOException, InterruptedException {
    try (CpuBackend backend = CpuBackend.open(1);
        Trainer trainer =
            new Trainer(backend, config, TrainConfigs.network(config, splits), splits, count);
        RunDirectory run = RunDirectory.create(folder.resolve(name), config)) {
      return trainer.run(run, stop);
    }
  }

  private Trainer.Outcome resume(String name, TrainConfig config, Count count, BooleanSupplier stop)
      throws IOException, InterruptedException {
    try (CpuBackend backend = CpuBackend.open(1);
        Trainer trainer =
            new Trainer(backend, config, TrainConfigs.network(config, splits), splits, count)) {
      try (Checkpoint last = Checkpoint.open(file(name, "checkpoints/last.safetensors"))) {
        trainer.resume(last);
      }
      try (RunDirectory run = RunDirectory.open(folder.resolve(name))) {
        run.rewind(trainer.state());
        return trainer.run(run, stop);
      }
    }
  }

  private Path file(String run, String name) {
    return folder.resolve(run).resolve(name);
  }

  private void assertSameFiles(String run, String other) throws IOException {
    for (String name :
        List.of(
            "log.jsonl",
            "metrics.json",
            "curves.png",
            "checkpoints/last.safetensors",
            "checkpoints/best.safetensors")) {
      assertThat(file(run, name)).hasSameBinaryContentAs(file(other, name));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 6})
  void everyFileIsThatOfARunThatNeverStopped(int stopAfter) throws Exception {
    TrainConfig config = TrainConfigs.tiny(7, Map.of("evalEvery", 3, "saveEvery", 5));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    Trainer.Outcome stopped = begin("parts", config, before, () -> before.steps == stopAfter);
    assertThat(stopped.interrupted()).isTrue();
    Count after = new Count();
    Trainer.Outcome done = resume("parts", config, after, () -> false);

    assertThat(done.interrupted()).isFalse();
    assertThat(before.steps).isEqualTo(stopAfter);
    assertThat(after.steps).isEqualTo(7 - stopAfter);
    assertSameFiles("parts", "whole");
    assertThat(file("parts", "checkpoints/iteration-5.safetensors"))
        .hasSameBinaryContentAs(file("whole", "checkpoints/iteration-5.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nvidia-coco", "torchvision-coco", "torchvision-lite-coco"})
  void publishedRecipesGoOnToo(String recipe) throws Exception {
    TrainConfig config = TrainConfigs.tiny(5, Map.of("recipe", recipe, "evalEvery", 3));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("parts", config, before, () -> before.steps == 2);
    resume("parts", config, new Count(), () -> false);

    assertSameFiles("parts", "whole");
  }

  @Test
  void accumulatedBatchesGoOnToo() throws Exception {
    TrainConfig config = TrainConfigs.tiny(4, Map.of("accumulate", 3));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("parts", config, before, () -> before.steps == 1);
    resume("parts", config, new Count(), () -> false);

    assertSameFiles("parts", "whole");
  }

  @Test
  void mixedPrecisionGoesOnToo() throws Exception {
    TrainConfig config = TrainConfigs.tiny(5, Map.of("precision", "amp", "accumulate", 2));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("parts", config, before, () -> before.steps == 2);
    resume("parts", config, new Count(), () -> false);

    assertSameFiles("parts", "whole");
    try (Checkpoint last = Checkpoint.open(file("parts", "checkpoints/last.safetensors"))) {
      assertThat(last.runState().scale().scale()).isBetween(1024f, ScaleParams.FIRST);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"norm", "block"})
  void whatIsComputedAgainChangesNoWeight(String recompute) throws Exception {
    begin("kept", TrainConfigs.tiny(3), new Count(), () -> false);
    begin("again", TrainConfigs.tiny(3, Map.of("recompute", recompute)), new Count(), () -> false);

    assertSameFiles("again", "kept");
  }

  @Test
  void anEvaluationThatWasStoppedIsMadeFirst() throws Exception {
    TrainConfig config = TrainConfigs.tiny(4, Map.of("evalEvery", 2));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("parts", config, before, () -> before.steps == 2);
    assertThat(before.evaluations).isEmpty();
    Count after = new Count();
    resume("parts", config, after, () -> false);

    assertThat(after.evaluations).containsExactly(2L, 4L);
    assertSameFiles("parts", "whole");
  }

  @Test
  void theLastEvaluationCanBeAllThatIsLeft() throws Exception {
    TrainConfig config = TrainConfigs.tiny(2);
    Count before = new Count();
    assertThat(begin("run", config, before, () -> before.steps == 2).interrupted()).isTrue();
    Count after = new Count();
    assertThat(resume("run", config, after, () -> false).interrupted()).isFalse();

    assertThat(after.steps).isZero();
    assertThat(after.evaluations).containsExactly(2L);
  }

  @Test
  void whatAKilledRunLeftBehindItsCheckpointIsTakenBack() throws Exception {
    TrainConfig config = TrainConfigs.tiny(6, Map.of("evalEvery", 1));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("killed", config, before, () -> before.evaluations.size() == 2);
    byte[] last = Files.readAllBytes(file("killed", "checkpoints/last.safetensors"));
    Count between = new Count();
    resume("killed", config, between, () -> between.evaluations.size() == 2);
    Files.write(file("killed", "checkpoints/last.safetensors"), last);
    Files.writeString(file("killed", "checkpoints/.best.safetensors.1.tmp"), "half");
    Files.writeString(
        file("killed", "log.jsonl"), "{\"iteration\":5,\"A", StandardOpenOption.APPEND);
    resume("killed", config, new Count(), () -> false);

    assertSameFiles("killed", "whole");
    assertThat(file("killed", "checkpoints")).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void aBestCheckpointThatWasNotWrittenInTimeIsWrittenAgain() throws Exception {
    TrainConfig config = TrainConfigs.tiny(3, Map.of("evalEvery", 2));
    begin("whole", config, new Count(), () -> false);
    Count before = new Count();
    begin("killed", config, before, () -> !before.evaluations.isEmpty());
    Files.delete(file("killed", "checkpoints/best.safetensors"));
    resume("killed", config, new Count(), () -> false);

    assertSameFiles("killed", "whole");
  }

  @Test
  void aRunStoppedBeforeItsRateDropsMayGrowAsIfItHadBegunLonger() throws Exception {
    TrainConfig shorter = TrainConfigs.tiny(8);
    TrainConfig longer = shorter.withIterations(12);
    begin("whole", longer, new Count(), () -> false);
    Count before = new Count();
    begin("grown", shorter, before, () -> before.steps == 4);
    resume("grown", longer, new Count(), () -> false);

    assertSameFiles("grown", "whole");
  }

  @Test
  void refusesOtherData() throws Exception {
    TrainConfig config = TrainConfigs.tiny(4);
    Count before = new Count();
    begin("run", config, before, () -> before.steps == 1);
    Splits whole = splits;
    splits = new Splits(whole.train().part("part", 0, 9), whole.validation(), "part");
    try {
      assertThatIOException()
          .isThrownBy(() -> resume("run", config, new Count(), () -> false))
          .withMessageContaining("the run was training on 10 images")
          .withMessageContaining("now it would be training on 9 images")
          .withMessageEndingWith("restore the data, or start a new run with --init");
    } finally {
      splits = whole;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"seed", "accumulate", "inputHeight"})
  void refusesAConfigurationThatWasChanged(String field) throws Exception {
    Count before = new Count();
    begin("run", TrainConfigs.tiny(4), before, () -> before.steps == 1);
    TrainConfig changed = TrainConfigs.tiny(4, Map.of(field, 33));

    assertThatIOException()
        .isThrownBy(() -> resume("run", changed, new Count(), () -> false))
        .withMessageContaining("does not fit the ")
        .withMessageContaining(field)
        .withMessageEndingWith(" of config.json; restore what was changed there");
  }

  @Test
  void refusesACheckpointThatNoRunWrote() throws Exception {
    TrainConfig config = TrainConfigs.tiny(4);
    Count before = new Count();
    begin("run", config, before, () -> before.steps == 1);
    Path last = file("run", "checkpoints/last.safetensors");
    try (CpuBackend backend = CpuBackend.open(1);
        Trainer trainer =
            new Trainer(
                backend, config, TrainConfigs.network(config, splits), splits, new Count())) {
      Checkpoint.write(
          last,
          trainer.ssd().state(),
          backend,
          new Checkpoint.Meta("ssd-tiny", 32, 32, splits.train().categories(), 1, 1));
    }

    assertThatIOException()
        .isThrownBy(() -> resume("run", config, new Count(), () -> false))
        .withMessageEndingWith("not where a run stood; start a new run from it with --init");
  }

  @Test
  void anImageThatCannotBeReadCostsNoStepThatWasDone() throws Exception {
    TrainConfig config = TrainConfigs.tiny(4);
    begin("whole", config, new Count(), () -> false);
    Path image = splits.train().images().getFirst().file();
    byte[] bytes = Files.readAllBytes(image);
    Count before = new Count();
    Files.write(image, new byte[] {1, 2, 3});
    try {
      assertThatExceptionOfType(UnreadableImageException.class)
          .isThrownBy(() -> begin("broken", config, before, () -> false))
          .withMessageContaining(image.toString());
    } finally {
      Files.write(image, bytes);
    }
    assertThat(before.steps).isLessThan(4);
    resume("broken", config, new Count(), () -> false);

    assertSameFiles("broken", "whole");
  }
}
