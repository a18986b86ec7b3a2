package dev.multibox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Runs the launcher's own tests, which are a shell script as it is. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherTest {
  @Test
  void buildsAndRunsFromAnywhere() throws IOException, InterruptedException {
    Process script =
        new ProcessBuilder("sh", "src/test/sh/launcher-test.sh").redirectErrorStream(true).start();
    String printed = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(script.waitFor()).describedAs(printed).isZero();
    assertThat(printed).containsPattern("[1-9][0-9] passed, 0 failed").doesNotContain("FAILED");
  }
}
