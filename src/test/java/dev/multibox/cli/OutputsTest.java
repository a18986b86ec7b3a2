package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputsTest {
  @TempDir Path folder;

  @Test
  void takesAFolderThatIsNewOrEmpty() throws IOException {
    Path created = Outputs.newFolder(folder.resolve("a/b"));
    assertThat(created).isEmptyDirectory();
    assertThat(Outputs.newFolder(created)).isEqualTo(created);
  }

  @Test
  void refusesAFolderSomebodyWroteTo() throws IOException {
    Files.writeString(folder.resolve("kept"), "content");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> Outputs.newFolder(folder))
        .withMessage(folder + ": is not empty; name a folder that is new or empty");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> Outputs.newFolder(folder.resolve("kept")))
        .withMessageContaining("is a file");
  }

  @Test
  void numbersFoldersUpwards() throws IOException {
    assertThat(Outputs.numberedFolder(folder.resolve("runs"), "detect"))
        .endsWithRaw(Path.of("detect-1"));
    assertThat(Outputs.numberedFolder(folder.resolve("runs"), "detect"))
        .isEqualTo(folder.resolve("runs/detect-2"));
  }

  @Test
  void refusesAFileItCouldNotWrite() {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> Outputs.requireWritable(folder))
        .withMessageContaining("is a folder; name a file");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> Outputs.requireWritable(folder.resolve("no/file")))
        .withMessageContaining("does not exist; create it first");
    Outputs.requireWritable(folder.resolve("file"));
  }

  @Test
  void replacesAJsonFileAsAWhole() throws IOException {
    Path file = folder.resolve("out.json");
    Outputs.writeJson(file, Map.of("AP", 0.1));
    Outputs.writeJson(file, Map.of("AP", 0.28780377004632796));
    assertThat(file).content().contains("0.28780377004632796").endsWith("}\n");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }
}
