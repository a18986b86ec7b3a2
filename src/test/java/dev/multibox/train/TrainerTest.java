package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.data.Splits;
import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  private static Splits splits;

  /** Remembers the losses. */
  private static final class Losses implements Trainer.Progress {
    private final List<Float> losses = new ArrayList<>();
    private int evaluations;

    @Override
    public void step(long iteration, long iterations, TrainingStep.Result result) {
      losses.add(result.loss());
    }

    @Override
    public void evaluated(long iteration, CocoResult result) {
      evaluations++;
    }
  }

  @BeforeAll
  static void drawShapes() throws Exception {
    Path shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(8, 4, 0), 64);
    splits = Splits.choose(DatasetReader.open(shapes), null, null, 1);
  }

  private Trainer.Outcome train(
      TrainConfig config, Losses losses, String name, BooleanSupplier stop) throws Exception {
    try (CpuBackend backend = CpuBackend.open(1);
        Trainer trainer =
            new Trainer(backend, config, TrainConfigs.network(config, splits), splits, losses);
        RunDirectory run = RunDirectory.create(folder.resolve(name), config)) {
      return trainer.run(run, stop);
    }
  }

  @Test
  void overfitsEightImages() throws Exception {
    Losses losses = new Losses();
    Trainer.Outcome outcome =
        train(
            TrainConfigs.tiny(120, Map.of("inputHeight", 64, "inputWidth", 64)),
            losses,
            "run",
            () -> false);

    float first = losses.losses.getFirst();
    float last = losses.losses.getLast();
    assertThat(last).isLessThan(first / 4);
    assertThat(outcome.interrupted()).isFalse();
    assertThat(outcome.result()).containsKey(CocoNumber.AP50);
    assertThat(losses.evaluations).isEqualTo(1);
    assertThat(folder.resolve("run/checkpoints/last.safetensors")).exists();
    assertThat(folder.resolve("run/checkpoints/best.safetensors")).exists();
    assertThat(folder.resolve("run/metrics.json")).content().contains("\"AP50\"");
    assertThat(folder.resolve("run/curves.png")).isNotEmptyFile();
    assertThat(folder.resolve("run/samples")).isDirectoryContaining("glob:**/step-1.png");
    assertThat(folder.resolve("run")).isDirectoryContaining("glob:**/events.out.tfevents.*");
  }

  @Test
  void oneAndFourWorkersGiveTheSameWeights() throws Exception {
    train(TrainConfigs.tiny(6, Map.of("workers", 1)), new Losses(), "one", () -> false);
    train(TrainConfigs.tiny(6, Map.of("workers", 4)), new Losses(), "four", () -> false);

    assertThat(Files.readAllBytes(folder.resolve("four/checkpoints/last.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("one/checkpoints/last.safetensors")));
  }

  @Test
  void savesWhenItIsStopped() throws Exception {
    Losses losses = new Losses();
    Trainer.Outcome outcome =
        train(TrainConfigs.tiny(50), losses, "run", () -> losses.losses.size() == 3);

    assertThat(outcome.interrupted()).isTrue();
    assertThat(outcome.iteration()).isEqualTo(3);
    try (Checkpoint checkpoint =
        Checkpoint.open(folder.resolve("run/checkpoints/last.safetensors"))) {
      assertThat(checkpoint.meta().iteration()).isEqualTo(3);
    }
  }

  @Test
  void aLossThatIsNotFiniteStopsAndNamesTheImages() {
    assertThatExceptionOfType(DivergedException.class)
        .isThrownBy(() ->
            train(
                TrainConfigs.tiny(200, Map.of("learningRate", 1e6f)),
                new Losses(),
                "run",
                () -> false))
        .withMessageMatching(
            "loss: was \\S+ in step \\d+ on images (train_0000\\d, ){3}train_0000\\d; lower --lr, or "
                + "look at these images; there is no checkpoint from before");
    assertThat(folder.resolve("run/checkpoints")).isEmptyDirectory();
  }
}
