package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Needs;
import dev.multibox.data.ShapesGenerator;
import dev.multibox.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks that are full or may not be written: real ones, small file systems in memory that are
 * mounted where only the command sees them.
 */
@Needs(DiskTroubleTest.Mount.class)
class DiskTroubleTest {
  /** Leave to mount file systems. */
  record Mount() implements Needs.Thing {
    private static final String TEMPORARY = System.getProperty("java.io.tmpdir");

    private static final String ABSENCE =
        "may not mount file systems; run it on Linux where unprivileged users may unshare";

    @Override
    public String absence() {
      try {
        Process probe =
            new ProcessBuilder("unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", TEMPORARY)
                .redirectErrorStream(true)
                .start();
        probe.getInputStream().readAllBytes();
        return probe.waitFor() == 0 ? "" : ABSENCE;
      } catch (IOException _) {
        return ABSENCE;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Mounts $1 bytes on $2, does $3, runs the command, and copies what is there to $4. */
  private static final String SCRIPT =
      """
      mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
      cd "$2" && eval "$3" || exit 98
      copy=$4
      shift 4
      "$@"
      code=$?
      cp -a . "$copy"
      exit $code
      """;

  private static final long PAGE_KIBIBYTES = 4;

  /** Pages of config.json and of the file of events, one each. */
  private static final long CONFIG_AND_EVENTS = 2;

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path shapes;

  private Path disk;
  private Path copy;

  @BeforeAll
  static void drawShapes() throws IOException {
    shapes = shared.resolve("shapes");
    new ShapesGenerator(1).write(shapes, new ShapesGenerator.Counts(4, 2, 0), 32);
  }

  @BeforeEach
  void makeFolders() throws IOException {
    disk = Files.createDirectory(folder.resolve("disk"));
    copy = Files.createDirectory(folder.resolve("copy"));
  }

  /** Trains into {@code disk/run}, on a disk of this size that {@code prepare} was run on. */
  private CommandRun train(String size, String prepare, Object... more) throws Exception {
    List<Object> args = new ArrayList<>(List.of("train", "--data", shapes, "--input-size", 32));
    args.addAll(List.of("--batch-size", 2, "--eval-every", 0, "--out", disk.resolve("run")));
    args.addAll(Arrays.asList(more));
    return run(size, prepare, args);
  }

  private CommandRun run(String size, String prepare, List<Object> args) throws Exception {
    List<String> words = new ArrayList<>(List.of("unshare", "-rm", "sh", "-c", SCRIPT, "sh"));
    words.addAll(List.of(size, disk.toString(), prepare, copy.toString()));
    words.addAll(CommandProcess.command());
    args.stream().map(Object::toString).forEach(words::add);
    try (CommandProcess process = CommandProcess.startAny(folder.resolve("printed"), words)) {
      return process.await();
    }
  }

  /** What a run writes before the first line of its log, in whole pages, as a tmpfs counts. */
  private long kibibytesBeforeTheLog() throws Exception {
    assertThat(train("32m", "true", "--iterations", 1).exitCode()).isEqualTo(ExitCode.DONE);
    Path run = copy.resolve("run");
    long bytes = Files.size(run.resolve("samples/step-1.png"));
    long pages = CONFIG_AND_EVENTS + Math.ceilDiv(bytes, PAGE_KIBIBYTES << 10);
    copy = Files.createDirectory(folder.resolve("copy-of-full"));
    return pages * PAGE_KIBIBYTES;
  }

  private void assertFailed(CommandRun run, String file, String message) {
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("multibox: " + disk.resolve(file) + ": " + message);
  }

  @Test
  void aCheckpointThatDoesNotFitLeavesTheOneBefore() throws Exception {
    CommandRun run = train("28m", "true", "--iterations", 9, "--save-every", 1);

    assertFailed(
        run,
        "run/checkpoints/last.safetensors",
        "could not be written (No space left on device); free space on its disk");
    Path checkpoints = copy.resolve("run/checkpoints");
    assertThat(checkpoints)
        .isDirectoryContaining("glob:**/iteration-2.safetensors")
        .isDirectoryNotContaining("glob:**/iteration-3.safetensors")
        .isDirectoryNotContaining("glob:**.tmp");
    try (Checkpoint last = Checkpoint.open(checkpoints.resolve("last.safetensors"))) {
      assertThat(last.runState().iteration()).isEqualTo(2);
    }
    assertThat(run.out()).contains("resume   ./multibox train --resume " + disk.resolve("run"));
  }

  @Test
  void aConfigurationThatDoesNotFitLeavesNoFolder() throws Exception {
    CommandRun run = train("4k", "head -c 4096 /dev/zero > filler", "--iterations", 9);

    assertFailed(
        run, "run/config.json", "could not be written (No space left on device); free space");
    assertThat(copy).isDirectoryContaining("glob:**/filler");
    assertThat(copy.resolve("run")).doesNotExist();
  }

  @Test
  void aLogThatCannotGrowIsNamed() throws Exception {
    CommandRun run = train(kibibytesBeforeTheLog() + "k", "true", "--iterations", 20);

    assertFailed(
        run, "run/log.jsonl", "could not be written (No space left on device); free space");
    assertThat(copy.resolve("run/log.jsonl")).isEmptyFile();
    assertThat(copy.resolve("run/checkpoints")).isEmptyDirectory();
    assertThat(copy.resolve("run")).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void metricsThatDoNotFitAreNamed() throws Exception {
    long withLog = kibibytesBeforeTheLog() + PAGE_KIBIBYTES;
    CommandRun run = train(withLog + "k", "true", "--iterations", 1);

    assertFailed(
        run, "run/metrics.json", "could not be written (No space left on device); free space");
    assertThat(copy.resolve("run")).isDirectoryNotContaining("glob:**metrics.json*");
  }

  @Test
  void aFolderThatMayNotBeWrittenIsNamedBeforeAnyStep() throws Exception {
    CommandRun run = train("1m", "mount -o remount,ro .", "--iterations", 1);

    assertFailed(run, "run", "the folder could not be made (Read-only file system); name another");
    assertThat(run.out()).doesNotContain("weights");
  }

  @Test
  void aRunThatMayNotBeWrittenIsNotResumed() throws Exception {
    Path run = folder.resolve("run");
    List<Object> args = new ArrayList<>(List.of("train", "--data", shapes, "--input-size", 32));
    args.addAll(List.of("--batch-size", 2, "--iterations", 1, "--out", run));
    assertThat(CommandRun.of(args.toArray()).exitCode()).isEqualTo(ExitCode.DONE);
    CommandRun resumed =
        run(
            "32m",
            "cp -a '%s' . && mount -o remount,ro .".formatted(run),
            List.of("train", "--resume", disk.resolve("run"), "--iterations", 2));

    assertFailed(resumed, "run/.lock", "could not be written (Read-only file system); free space");
    assertThat(copy.resolve("run/config.json")).hasSameBinaryContentAs(run.resolve("config.json"));
  }

  @Test
  void aFileInPlaceOfAFolderIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    CommandRun run =
        CommandRun.of("train", "--data", shapes, "--batch-size", 2, "--out", file.resolve("run"));

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err())
        .startsWith("multibox: " + file.resolve("run") + ": the folder could not be made (");
    assertThat(file).hasContent("precious");
  }
}
