package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InfoCommandTest {
  @TempDir Path folder;

  /** A model that need not exist. */
  private record Listed(String name, long parameters, double gmac)
      implements InfoCommand.ModelInfo {}

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
    StringWriter out = new StringWriter();
    int code =
        new CommandLine(new InfoCommand(List.of(new Listed("ssd-tiny", 1_050_000, 0.31))))
            .setOut(new PrintWriter(out))
            .execute("--json", json.toString());
    assertThat(code).isEqualTo(ExitCode.DONE);
    assertThat(out.toString()).contains("ssd-tiny, 1,050,000 parameters, 0.31 GMAC");
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(written.at("/models/0/parameters").asLong()).isEqualTo(1_050_000);
    assertThat(written.path("GPU").asText()).startsWith("none: ");
  }
}
