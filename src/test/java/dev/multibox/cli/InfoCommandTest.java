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
        .contains("Java          " + Runtime.version())
        .contains("threads")
        .containsPattern("GPU( 0)? ")
        .containsPattern("NVIDIA driver .*libcuda.so.1|only, this is");
  }

  @Test
  void showsAModelLayerByLayer() throws IOException {
    Path json = folder.resolve("model.json");
    CommandRun run = CommandRun.of("info", "--model", "ssd300-vgg16", "--json", json);

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .contains("300x300, 21 classes with background, 8,732 priors, 31.374 GMAC")
        .containsPattern("backbone.conv4_3 +conv 3x3, relu +38x38x512 +2,359,808 ")
        .containsPattern("max pool 2x2 /2 +38x38x256 +- +- ")
        .containsPattern("backbone.fc6 +conv 3x3 dilated 6, relu +19x19x1024 ")
        .containsPattern("total +26,285,486 +31,373.5 ");
    JsonNode written = new JsonMapper().readTree(json.toFile());
    assertThat(written.path("parameters").asLong()).isEqualTo(26_285_486);
    JsonNode first = written.path("layers").path(0);
    assertThat(first.path("name").asText()).isEqualTo("backbone.conv1_1");
    // 300 300 64 outputs of 3 3 3 products each, kept as floats.
    assertThat(first.path("multiply_adds").asLong()).isEqualTo(300L * 300 * 64 * 27);
    assertThat(first.path("kept_bytes").asLong()).isEqualTo(300L * 300 * 64 * 4);
    JsonNode pooled = written.path("layers").path(1);
    assertThat(pooled.path("name").asText()).isEqualTo("backbone.conv1_2");
    assertThat(pooled.path("kept_bytes").asLong()).isZero();
    // The maxima, and the place of each in a byte.
    assertThat(written.path("layers").path(2).path("kept_bytes").asLong())
        .isEqualTo(150L * 150 * 64 * (4 + 1));
  }

  @Test
  void aModelsSizeAndClassesCanBeNamed() {
    CommandRun run =
        CommandRun.of(
            "info", "--model", "ssd300-resnet50", "--input-size", "320x400", "--classes", "5");

    assertThat(run.out())
        .contains("320x400, 5 classes with background")
        .containsPattern("backbone.layer1.0.conv3 +conv 1x1, batch norm, add, relu +80x100x256 ");
  }

  @Test
  void refusesWhatGoesWithNoModel() {
    assertThat(CommandRun.of("info", "--classes", 5).err())
        .isEqualTo("multibox: --classes: is of a model; name it with --model%n".formatted());
    assertThat(CommandRun.of("info", "--model", "ssd-tiny", "--classes", 1).err())
        .isEqualTo(
            "multibox: --classes: was 1, wanted background and at least another%n".formatted());
    CommandRun small = CommandRun.of("info", "--model", "ssd300-vgg16", "--input-size", "64");
    assertThat(small.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(small.err()).contains("ssd300-vgg16: an input of 64 x 64 is too small");
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
    assertThat(written.has("GPU") || written.has("GPU 0")).isTrue();
  }
}
