package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against whatever PyTorch this machine has, on random tensors; skipped where it has none. */
class PyTorchParityTest {
  private static final String SCRIPT = "src/test/python/save_with_pytorch.py";
  private static final int NO_PYTORCH = 3;

  /** The system's own may have PyTorch where the one of the PATH has not. */
  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

  @TempDir Path folder;

  @Test
  void readsBitForBitWhatPyTorchSaves() throws IOException, InterruptedException {
    long seed = System.nanoTime();
    Path log = folder.resolve("log.txt");
    int exitCode = NO_PYTORCH;
    for (int i = 0; i < PYTHONS.size() && exitCode == NO_PYTORCH; i++) {
      exitCode = save(PYTHONS.get(i), seed, log);
    }
    assumeTrue(
        exitCode != NO_PYTORCH, "no python3 here has PyTorch; install it (pip install torch)");
    assertThat(exitCode).describedAs(Files.readString(log)).isZero();
    for (String layout : List.of("zip", "protocol4", "legacy")) {
      check(folder.resolve("weights_" + layout + ".pth"), "%s, seed %d".formatted(layout, seed));
    }
  }

  private int save(String python, long seed, Path log) throws InterruptedException {
    try {
      return new ProcessBuilder(python, SCRIPT, folder.toString(), Long.toString(seed))
          .redirectErrorStream(true)
          .redirectOutput(log.toFile())
          .start()
          .waitFor();
    } catch (IOException _) {
      return NO_PYTORCH; // there is no such command
    }
  }

  private void check(Path file, String what) throws IOException {
    try (WeightFile expected = WeightFile.open(folder.resolve("expected.safetensors"));
        WeightFile opened = WeightFile.open(file)) {
      assertThat(opened.tensors()).describedAs(what).hasSameSizeAs(expected.tensors());
      for (Map.Entry<String, StoredTensor> entry : expected.tensors().entrySet()) {
        StoredTensor tensor = opened.tensor("model." + entry.getKey());
        assertThat(tensor)
            .describedAs("%s: %s", what, entry.getKey())
            .hasToString(entry.getValue().toString());
        assertThat(tensor.data().mismatch(entry.getValue().data()))
            .describedAs("%s: %s", what, entry.getKey())
            .isEqualTo(-1);
      }
      assertThat(opened.metadata())
          .containsExactly(
              Map.entry("epoch", "3"),
              Map.entry("lr.0", "0.1"),
              Map.entry("lr.1", "0.01"),
              Map.entry("size.0", "2"),
              Map.entry("size.1", "3"));
    }
  }
}
