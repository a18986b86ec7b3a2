package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {
  @TempDir Path folder;

  @Test
  void showsWhatThisMachineHas() {
    CommandRun run = CommandRun.of("info");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .contains("Java       " + Runtime.version())
        .contains("threads")
        .contains("GPU        none: the CUDA backend is not built yet");
  }

  @Test
  void listsTheModels() throws IOException {
    Path json = folder.resolve("info.json");
    CommandRun run = CommandRun.of("info", "--json", json.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("ssd-tiny: ").contains("parameters").contains("GMAC");
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(written.at("/models/0/name").asText()).isEqualTo("ssd-tiny");
    assertThat(written.at("/models/0/parameters").asLong()).isGreaterThan(900_000);
    assertThat(written.path("GPU").asText()).startsWith("none: ");
  }
}
