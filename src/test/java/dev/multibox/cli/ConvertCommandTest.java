package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import dev.multibox.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void saysThatAFileIsMissing() {
    CommandRun run = CommandRun.of("convert", "no-such.pth", out);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).containsExactly("multibox: no-such.pth: there is no such file");
  }
}
