package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
  private static final TrainConfig CONFIG = TrainConfigs.tiny(10);

  @TempDir Path folder;

  @Test
  void runsAreNumbered() throws IOException {
    Path runs = folder.resolve("runs");

    try (RunDirectory first = RunDirectory.createNumbered(runs, CONFIG);
        RunDirectory second = RunDirectory.createNumbered(runs, CONFIG)) {
      assertThat(first.folder()).isEqualTo(runs.resolve("test-1"));
      assertThat(second.folder()).isEqualTo(runs.resolve("test-2"));
    }
  }

  @Test
  void refusesAFolderWithSomethingInIt() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken"));
    Files.writeString(taken.resolve("precious"), "kept");

    assertThatThrownBy(() -> RunDirectory.create(taken, CONFIG))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessage(taken + ": is not empty; name a new folder with --out");
    assertThat(taken.resolve("precious")).hasContent("kept");
    assertThat(taken.resolve("checkpoints")).doesNotExist();
  }

  @Test
  void theLogGrowsByLines() throws IOException {
    RunDirectory run = RunDirectory.create(folder.resolve("run"), CONFIG);
    run.log(Map.of("iteration", 1));
    run.log(Map.of("iteration", 2));

    assertThat(run.folder().resolve("log.jsonl"))
        .hasContent("{\"iteration\":1}\n{\"iteration\":2}\n");
  }

  @Test
  void metricsReplaceTheLastOnes() throws IOException {
    RunDirectory run = RunDirectory.create(folder.resolve("run"), CONFIG);
    run.writeMetrics(Map.of("AP", 0.1));
    run.writeMetrics(Map.of("AP", 0.2));

    assertThat(Files.readString(run.metrics())).contains("0.2").doesNotContain("0.1");
    assertThat(run.folder()).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void isOpenOnceAtATime() throws IOException {
    Path folder = this.folder.resolve("run");
    try (RunDirectory _ = RunDirectory.create(folder, CONFIG)) {
      assertThatThrownBy(() -> RunDirectory.open(folder))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another process is training there");
    }
    try (RunDirectory again = RunDirectory.open(folder)) {
      again.log(Map.of("iteration", 1));
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.lock");
  }
}
