package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Against files that PyTorch wrote, or that somebody wrote to fool it. */
class TorchGoldenTest {
  private final JsonNode expected = Golden.json("07_small_expected.json");
  private final Golden tensors = Golden.open("07_small_expected.safetensors");

  @TestFactory
  Stream<DynamicTest> readsExactlyWhatPyTorchSaved() throws IOException {
    return Golden.files("07_small_*.pth").stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
  }

  private void check(Path file) throws IOException {
    try (WeightFile opened = WeightFile.open(file)) {
      String first = expected.path("order").get(0).asText();
      boolean isCheckpoint = !opened.tensors().containsKey(first);
      String prefix = isCheckpoint ? "model." : "";
      List<String> names = new ArrayList<>();
      expected.path("order").forEach(name -> names.add(prefix + name.asText()));
      assertThat(opened.tensors().keySet().stream().limit(names.size())).isEqualTo(names);
      for (JsonNode name : expected.path("order")) {
        checkTensor(name.asText(), opened.tensor(prefix + name.asText()));
      }
      if (isCheckpoint) {
        checkSettings("", expected.path("checkpoint"), opened);
      } else {
        assertThat(opened.tensors()).hasSize(names.size());
        assertThat(opened.metadata()).isEmpty();
      }
    }
  }

  private void checkTensor(String name, StoredTensor tensor) {
    assertThat(tensor.type().name()).describedAs(name).isEqualTo(tensors.dtype(name));
    assertThat(tensor.shape()).describedAs(name).isEqualTo(tensors.shape(name));
    assertThat(tensor.data().mismatch(tensors.bytes(name))).describedAs(name).isEqualTo(-1);
  }

  /** Dictionaries and lists flatten; a tensor among them is described as "tensor int64 [1,2]". */
  private static void checkSettings(String prefix, JsonNode settings, WeightFile opened)
      throws IOException {
    if (settings.isArray()) {
      for (int i = 0; i < settings.size(); i++) {
        checkSetting(prefix + i, settings.get(i), opened);
      }
    }
    for (Map.Entry<String, JsonNode> setting : settings.properties()) {
      checkSetting(prefix + setting.getKey().replace(" (int key)", ""), setting.getValue(), opened);
    }
  }

  private static void checkSetting(String name, JsonNode setting, WeightFile opened)
      throws IOException {
    if (setting.isContainerNode()) {
      checkSettings(name + ".", setting, opened);
    } else if (setting.asText().startsWith("tensor ")) {
      assertThat(opened.tensor(name).shape().size()).isPositive();
    } else {
      assertThat(opened.metadata()).containsEntry(name, setting.asText());
    }
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatNobodyShouldLoad() {
    JsonNode names = Golden.json("07_bad.json").path("must_refuse");
    assertThat(names).isNotEmpty();
    return names
        .valueStream()
        .map(JsonNode::asText)
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () -> {
                  Path file = Golden.folder().resolve(name);
                  assertThat(file).exists();
                  assertThatIOException()
                      .isThrownBy(() -> WeightFile.open(file).close())
                      .withMessageStartingWith(file + ": ")
                      .withMessageMatching("[^\n]*; [^\n]*");
                }));
  }
}
