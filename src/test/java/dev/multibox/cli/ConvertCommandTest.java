package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import dev.multibox.tensor.Shape;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.PickleBuilder;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.TorchArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void nameTheOutput() {
    out = folder.resolve("out.safetensors");
  }

  @TestFactory
  Stream<DynamicTest> keepsTensorsUnderDottedNames() throws IOException {
    return Golden.files("07_small_*.pth").stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> assertConverted(file)));
  }

  private void assertConverted(Path file) throws IOException {
    CommandRun run = CommandRun.of("convert", file, out);
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).startsWith(out + ": ").contains(" tensors of ", "from PyTorch (");
    Golden expected = Golden.open("07_small_expected.safetensors");
    try (SafetensorsFile converted = SafetensorsFile.open(out)) {
      for (String name : expected.names()) {
        // A checkpoint holds the same state dict among its settings.
        String found = converted.tensors().containsKey(name) ? name : "model." + name;
        assertThat(converted.tensor(found).data().mismatch(expected.bytes(name)))
            .describedAs(name)
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void copiesSafetensorsByteForByte() throws IOException {
    Path again = folder.resolve("again.safetensors");
    assertThat(CommandRun.of("convert", Golden.files("07_small_*.pth").getFirst(), out).exitCode())
        .isEqualTo(ExitCode.DONE);
    assertThat(CommandRun.of("convert", out, again).exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(Files.mismatch(out, again)).isEqualTo(-1);
  }

  @TestFactory
  Stream<DynamicTest> refusesBadFilesInOneLineAndRunsNothing() {
    JsonNode names = Golden.json("07_bad.json").path("must_refuse");
    assertThat(names).isNotEmpty();
    return names
        .valueStream()
        .map(JsonNode::asText)
        .map(name -> DynamicTest.dynamicTest(name, () -> assertRefused(name)));
  }

  private void assertRefused(String name) throws IOException {
    Path mark = Path.of("pwned_public");
    assertThat(mark).doesNotExist();
    Path in = Golden.folder().resolve(name);
    Files.writeString(out, "what was there before");
    CommandRun run = CommandRun.of("convert", in, out);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).hasSize(1).first().asString().startsWith("multibox: " + in);
    assertThat(run.out()).isEmpty();
    assertThat(out).hasContent("what was there before");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    assertThat(mark).doesNotExist();
  }

  @Test
  void refusesOutputsItCannotWrite() throws IOException {
    assertRefused(folder.resolve("out.onnx2"), "its suffix says which format to write");
    assertRefused(folder.resolve("no/out.safetensors"), "does not exist; create it first");
    CommandRun.of("convert", Golden.files("07_small_*.pth").getFirst(), out);
    CommandRun run = CommandRun.of("convert", out, folder.resolve("./out.safetensors"));
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err()).contains("is the file to read; name another to write");
  }

  private static void assertRefused(Path output, String message) throws IOException {
    CommandRun run = CommandRun.of("convert", Golden.files("07_small_*.pth").getFirst(), output);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).hasSize(1).first().asString().contains(message);
    assertThat(output).doesNotExist();
  }

  @Test
  void writesABackboneThatTrainAloneTakes() throws IOException {
    Path theirs = folder.resolve("resnet18.safetensors");
    SafetensorsWriter.write(theirs, Map.of(), resNet18());
    CommandRun run = CommandRun.of("convert", "--from", "torchvision", theirs, out);

    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("from torchvision, as the backbone of ssd300-resnet18");
    try (Checkpoint checkpoint = Checkpoint.open(out)) {
      assertThat(checkpoint.isBackbone()).isTrue();
      assertThat(checkpoint.meta().model()).isEqualTo("ssd300-resnet18");
    }
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> Weights.open(out))
        .withMessage(out + ": is a backbone without heads; train --init takes it");
  }

  /** As torchvision's classifier has them, with values that do not matter. */
  private static Map<String, StoredTensor> resNet18() {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    tensors.put("conv1.weight", zeros(64, 3, 7, 7));
    norm(tensors, "bn1", 64);
    for (int group = 1; group <= 4; group++) {
      int width = 32 << group;
      for (int block = 0; block < 2; block++) {
        String name = "layer%d.%d.".formatted(group, block);
        int in = group > 1 && block == 0 ? width / 2 : width;
        tensors.put(name + "conv1.weight", zeros(width, in, 3, 3));
        norm(tensors, name + "bn1", width);
        tensors.put(name + "conv2.weight", zeros(width, width, 3, 3));
        norm(tensors, name + "bn2", width);
        if (in != width) {
          tensors.put(name + "downsample.0.weight", zeros(width, in, 1, 1));
          norm(tensors, name + "downsample.1", width);
        }
      }
    }
    tensors.put("fc.weight", zeros(10, 512));
    tensors.put("fc.bias", zeros(10));
    return tensors;
  }

  private static void norm(Map<String, StoredTensor> tensors, String name, int channels) {
    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
      tensors.put(name + "." + part, zeros(channels));
    }
    tensors.put(name + ".num_batches_tracked", zeros());
  }

  private static StoredTensor zeros(long... dims) {
    Shape shape = Shape.of(dims);
    return StoredTensor.of(shape, new float[Math.toIntExact(shape.size())]);
  }

  @Test
  void namesWhatIsMissingOrLeftOver() throws IOException {
    Path theirs = folder.resolve("resnet18.safetensors");
    Map<String, StoredTensor> tensors = resNet18();
    tensors.remove("layer1.0.bn1.bias");
    tensors.put("layer1.0.bn9.extra", zeros(1));
    SafetensorsWriter.write(theirs, Map.of(), tensors);
    CommandRun run = CommandRun.of("convert", "--from", "torchvision", theirs, out);

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .hasSize(1)
        .first()
        .asString()
        .contains("does not fit ssd300-resnet18: left over layer1.0.bn9.extra; missing")
        .contains("missing backbone.layer1.0.conv1.bn.bias");
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesOptionsThatDoNotGoTogether() throws IOException {
    Path in = Golden.files("07_small_*.pth").getFirst();
    assertRefused("wanted one of torchvision, nvidia, ssd.pytorch", in, "--from", "keras");
    assertRefused("--model: goes with --from", in, "--model", "ssd-tiny");
    assertRefused("--categories: goes with --from", in, "--categories", "a,b");
    assertRefused("is no model of nvidia that is known", in, "--from", "nvidia");
    Path theirs = folder.resolve("resnet18.safetensors");
    SafetensorsWriter.write(theirs, Map.of(), resNet18());
    assertRefused("there is no 'x'", theirs, "--from", "torchvision", "--model", "x");
    assertRefused("does not fit ssd-tiny", theirs, "--from", "torchvision", "--model", "ssd-tiny");
  }

  private void assertRefused(String message, Path in, String... options) {
    List<Object> words = new ArrayList<>(List.of("convert", in, out));
    words.addAll(List.of(options));
    CommandRun run = CommandRun.of(words.toArray());
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).hasSize(1).first().asString().contains(message);
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesATensorThatSafetensorsCannotName() throws IOException {
    byte[] pickle = new PickleBuilder().op('}').text("__metadata__").floats("0", 1).op('s').end();
    Path in = folder.resolve("in.pth");
    Files.write(in, TorchArchive.of(pickle).storage("0", 4).zip());
    assertRefused("cannot be written as safetensors (safetensors: a tensor was named", in);
  }

  @Test
  void saysThatAFileIsMissing() {
    CommandRun run = CommandRun.of("convert", "no-such.pth", out);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).containsExactly("multibox: no-such.pth: there is no such file");
  }
}
