package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DataCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void shapesAreDrawnAndChecked() throws IOException {
    String shapes = folder.resolve("shapes").toString();
    assertThat(run("shapes", "--out", shapes, "--train", "3", "--val", "2", "--test", "1"))
        .isEqualTo(0);
    assertThat(out.toString()).contains("3 train, 2 val, 1 test images");
    assertThat(run("check", shapes)).isEqualTo(0);
    assertThat(out.toString()).contains("shapes train: 3 images").contains("shapes test: 1 images");

    Path annotation = folder.resolve("shapes/Annotations/train_00000.xml");
    Files.writeString(annotation, Files.readString(annotation).replace("</annotation>", ""));
    assertThat(run("check", shapes)).isEqualTo(1);
    assertThat(out.toString()).contains(annotation + ":").contains("1 faults");
  }

  @Test
  void wrongInputIsRefusedWithCodeTwo() throws IOException {
    Files.createFile(folder.resolve("kept"));
    assertThat(run("shapes", "--out", folder.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("exists and is not an empty folder");
    String shapes = folder.resolve("shapes").toString();
    assertThat(run("shapes", "--out", shapes, "--size", "5")).isEqualTo(2);
    assertThat(err.toString()).contains("size was 5, wanted at least 32");
    assertThat(run("shapes", "--out", shapes, "--train", "-1")).isEqualTo(2);
    assertThat(run("check", folder.resolve("nowhere").toString())).isEqualTo(2);
    assertThat(run()).isEqualTo(2);
    assertThat(folder.resolve("shapes")).doesNotExist();
    assertThat(folder.resolve("kept")).exists();
  }

  private int run(String... args) {
    return new CommandLine(new DataCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
