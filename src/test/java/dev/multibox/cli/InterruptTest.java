package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.ShapesGenerator;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM, sent to the real command line in a process of its own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows has no SIGTERM")
class InterruptTest {
  private static final int BATCHES_PER_EPOCH = 60;
  private static final int EPOCHS_BEGUN = 3;
  private static final int STEPS = 140;
  private static final int ATTEMPTS = 5;

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;
  private static Path whole;

  /** Draws the data and makes the run that never stopped, with one worker. */
  @BeforeAll
  static void trainWithoutAStop() throws Exception {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1)
        .write(shapes, new ShapesGenerator.Counts(4 * BATCHES_PER_EPOCH, 4, 0), 32);
    whole = shared.resolve("whole");
    trainToTheEnd(whole, 1);
  }

  private static CommandProcess train(Path out, int workers) throws IOException {
    List<Object> args = new ArrayList<>(List.of("train", "--data", shapes, "--out", out));
    args.addAll(List.of("--input-size", 32, "--batch-size", 4, "--iterations", STEPS));
    args.addAll(List.of("--workers", workers));
    return CommandProcess.start(printed(out), args.toArray());
  }

  private static Path printed(Path out) {
    return out.resolveSibling("printed by " + out.getFileName());
  }

  private static Path last(Path run) {
    return run.resolve("checkpoints/last.safetensors");
  }

  private static void trainToTheEnd(Path out, int workers) throws Exception {
    try (CommandProcess process = train(out, workers)) {
      CommandRun run = process.await();
      assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    }
  }

  /** Stops the run when at least 40 steps are done. */
  private static CommandRun stop(Path out, int workers) throws Exception {
    try (CommandProcess process = train(out, workers)) {
      process.awaitText(out.resolve("log.jsonl"), "\"iteration\":40,");
      process.terminate();
      return process.await();
    }
  }

  private static RunState state(Path run) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(last(run))) {
      return checkpoint.runState();
    }
  }

  private static void assertSame(Path run, Path other) {
    assertThat(last(run)).hasSameBinaryContentAs(last(other));
    assertThat(run.resolve("checkpoints/best.safetensors"))
        .hasSameBinaryContentAs(other.resolve("checkpoints/best.safetensors"));
    assertThat(run.resolve("log.jsonl")).hasSameBinaryContentAs(other.resolve("log.jsonl"));
    assertThat(run.resolve("metrics.json")).hasSameBinaryContentAs(other.resolve("metrics.json"));
  }

  @Test
  void aRunStoppedInMidEpochAndResumedEndsAsOneThatNeverStopped() throws Exception {
    Path parts = stoppedInMidEpoch();
    try (CommandProcess process =
        CommandProcess.start(printed(parts), "train", "--resume", parts)) {
      CommandRun resumed = process.await();
      assertThat(resumed.exitCode()).describedAs(resumed.err()).isEqualTo(ExitCode.DONE);
      assertThat(resumed.out()).contains("resume  after step ").contains("AP50");
    }
    assertSame(parts, whole);
  }

  /** The signal may come between two epochs, or in the last one: then once more. */
  private Path stoppedInMidEpoch() throws Exception {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Path run = folder.resolve("it's run " + attempt);
      CommandRun stopped = stop(run, 4);
      assertThat(stopped.exitCode()).describedAs(stopped.err()).isEqualTo(ExitCode.INTERRUPTED);
      assertThat(stopped.out())
          .contains("interrupted after %d of %d steps".formatted(state(run).iteration(), STEPS))
          .contains("resume   ./multibox train --resume '%s'".formatted(escaped(run)));
      assertThat(state(run).iteration()).isBetween(40L, STEPS - 1L);
      if (state(run).batch() != 0 && state(run).epoch() < EPOCHS_BEGUN - 1) {
        return run;
      }
    }
    throw new AssertionError("never stopped in mid-epoch");
  }

  private static String escaped(Path path) {
    return path.toString().replace("'", "'\\''");
  }

  @Test
  void fourWorkersGiveTheSameRunAsOne() throws Exception {
    Path four = folder.resolve("four");
    trainToTheEnd(four, 4);

    assertSame(four, whole);
  }

  @Test
  void aSecondSignalHarmsNothing() throws Exception {
    Path out = folder.resolve("run");
    try (CommandProcess process = train(out, 2)) {
      process.awaitText(out.resolve("log.jsonl"), "\"iteration\":20,");
      process.terminate();
      process.terminate();
      CommandRun run = process.await();
      assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.INTERRUPTED);
      assertThat(run.out()).contains("resume   ./multibox train --resume " + out);
    }
    assertThat(state(out).iteration()).isGreaterThanOrEqualTo(20);
    assertThat(Files.exists(out.resolve(".lock"))).isFalse();
    assertThat(out.resolve("checkpoints")).isDirectoryNotContaining("glob:**.tmp");
  }
}
