package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.multibox.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainConfigTest {
  @TempDir Path folder;

  private Path written(TrainConfig config) throws IOException {
    Path file = folder.resolve("config.json");
    RunDirectory.writeJson(file, config);
    return file;
  }

  @Test
  void whatIsWrittenIsWhatIsRead() throws IOException {
    TrainConfig config =
        TrainConfigs.tiny(
            1L << 40,
            Map.of("learningRate", 0.1f, "init", "/weights", "seed", Long.MIN_VALUE, "name", "ü"));

    assertThat(TrainConfig.read(written(config))).isEqualTo(config);
  }

  @Test
  void onlyAmpComputesInF16() throws IOException {
    for (String precision : List.of("fp32", "tf32", "amp")) {
      TrainConfig config = TrainConfigs.tiny(10, Map.of("precision", precision));

      TrainConfig read = TrainConfig.read(written(config));

      assertThat(read.precision()).isEqualTo(precision);
      assertThat(read.type()).isEqualTo(precision.equals("amp") ? DType.F16 : DType.F32);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"images", "skipBadBoxes", "precision", "recompute", "init"})
  void readsRunsThatAreOlderThanAField(String field) throws IOException {
    TrainConfig config = TrainConfigs.tiny(10);
    Path file = written(config);
    JsonMapper json = new JsonMapper();
    ObjectNode fields = (ObjectNode) json.readTree(file.toFile());
    assertThat(fields.remove(field)).isNotNull();
    json.writeValue(file.toFile(), fields);

    assertThat(TrainConfig.read(file)).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "batchSize" : 4,       | "batchSize" : "4",      | batchSize was "4", wanted a whole number below 2^31
          "batchSize" : 4,       | "batchSize" : 4.5,      | batchSize was 4.5, wanted a whole number below 2^31
          "batchSize" : 4,       | "batchSize" : 4e9,      | batchSize was 4.0E9, wanted a whole number below 2^31
          "batchSize" : 4,       | "batchSize" : 4000000000, | batchSize was 4000000000, wanted a whole number below 2^31
          "batchSize" : 4,       | "batchSize" : null,     | batchSize was null, wanted a whole number below 2^31
          "batchSize" : 4,       | "batchSize" : 0,        | batchSize: was 0, wanted at least 1
          "batchSize" : 4,       |                         | batchSize is missing
          "batchSize" : 4,       | "batchSize" : 4, "batchsize" : 4, | batchsize is no field of a run; there is model, recipe, data,
          "seed" : 1,            | "seed" : 1e30,          | seed was 1.0E30, wanted a whole number
          "weightDecay" : 5.0E-4, | "weightDecay" : -1,    | weightDecay: factor was -1.0, wanted at least 0
          "learningRate" : 0.02, | "learningRate" : 0,     | learningRate: rate was 0.0, wanted a positive number
          "learningRate" : 0.02, | "learningRate" : 1e99,  | learningRate was 1.0E99, wanted a number
          "learningRate" : 0.02, | "learningRate" : true,  | learningRate was true, wanted a number
          "model" : "ssd-tiny",  | "model" : 5,            | model was 5, wanted a text
          "model" : "ssd-tiny",  | "model" : null,         | model was null, wanted a text
          "data" : [ "/data/shapes" ], | "data" : "/data/shapes", | data was "/data/shapes", wanted a list of texts
          "data" : [ "/data/shapes" ], | "data" : [ 5 ],   | data was [5], wanted a list of texts
          "data" : [ "/data/shapes" ], | "data" : [],      | data: was empty, wanted at least one folder
          """)
  void namesTheFieldThatIsWrong(String right, String wrong, String message) throws IOException {
    Path file = written(TrainConfigs.tiny(10));
    String text = Files.readString(file);
    assertThat(text).contains(right);
    Files.writeString(file, text.replace(right, wrong == null ? "" : wrong));

    assertThatIOException()
        .isThrownBy(() -> TrainConfig.read(file))
        .withMessageStartingWith(file + ": " + message)
        .withMessageEndingWith("; correct it, or name the config.json of another run");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"model": "ssd-tiny", | :1: is not valid JSON (Unexpected end-of-input
          ``                    | : is no JSON object
          [1, 2]                | : is no JSON object
          {} {}                 | :1: is not valid JSON (Trailing token
          {"seed": 1, "seed": 2} | :1: is not valid JSON (Duplicate field 'seed'
          no JSON               | :1: is not valid JSON (Unrecognized token 'no'
          """)
  void saysWhatIsNoJson(String content, String message) throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), content);

    assertThatIOException()
        .isThrownBy(() -> TrainConfig.read(file))
        .withMessageStartingWith(file + message)
        .withMessageEndingWith("; correct it, or name the config.json of another run");
  }

  @Test
  void saysWhatIsNoText() throws IOException {
    Path binary =
        Files.write(
            folder.resolve("binary"), new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
    assertThatIOException()
        .isThrownBy(() -> TrainConfig.read(binary))
        .withMessageStartingWith(binary + ":1: is not valid JSON (Invalid UTF-8 ");
    assertThatIOException()
        .isThrownBy(() -> TrainConfig.read(folder))
        .withMessageStartingWith(folder + ": could not be read (Is a directory); ");
    Path missing = folder.resolve("missing");
    assertThatIOException()
        .isThrownBy(() -> TrainConfig.read(missing))
        .withMessageStartingWith(missing + ": could not be read (no such file or folder); ");
  }

  @Test
  void refusesNumbersOutOfTheirRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TrainConfigs.tiny(0))
        .withMessage("iterations: was 0, wanted at least 1");
  }
}
