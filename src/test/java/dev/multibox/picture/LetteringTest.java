package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LetteringTest {
  /** A character that no font has: it is not assigned. */
  private static final String NOWHERE = "\u0378";

  @TempDir Path folder;

  @Test
  void manyScriptsNeedNoInstalledFont() throws IOException {
    assertThat(ClassNames.of(List.of("raccoon", "Schäferhund", "собака", "γάτα", "قطة")).replaced())
        .isEmpty();
  }

  @Test
  void aNameThatCannotBeDrawnBecomesANumber() throws IOException {
    ClassNames names = ClassNames.of(List.of("cat", "dog" + NOWHERE, "bird"));

    assertThat(names.names()).containsExactly("cat", "class 2", "bird");
    assertThat(names.replaced()).containsExactly("dog" + NOWHERE);
    assertThat(names.of(3)).isEqualTo("bird");
  }

  @Test
  void textIsDrawnOnAMachineWithoutFonts() throws IOException, InterruptedException {
    assumeThat(probe("java"))
        .describedAs("Java itself draws text here without fontconfig's fonts")
        .contains("failed");

    assertThat(probe("multibox")).contains("drawn").doesNotContain("failed");
  }

  /** Runs {@link LetteringProbe} where fontconfig knows no font and Java remembers none. */
  private String probe(String how) throws IOException, InterruptedException {
    Path fonts = folder.resolve("fonts.conf");
    Files.writeString(fonts, "<?xml version=\"1.0\"?><fontconfig></fontconfig>");
    Path home = Files.createDirectories(folder.resolve("home"));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Duser.home=" + home,
            "-cp",
            classPath(),
            LetteringProbe.class.getName(),
            how);
    builder.environment().put("FONTCONFIG_FILE", fonts.toString());
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /**
   * Where this test, the program and the fonts lie; a test's own class path may be a launcher's.
   */
  private static String classPath() {
    URL font = LetteringTest.class.getResource("/net/sf/jasperreports/fonts/dejavu/DejaVuSans.ttf");
    String jar = String.valueOf(font).replaceFirst("^jar:(.*)!.*$", "$1");
    return Stream.of(location(LetteringProbe.class), location(Picture.class), URI.create(jar))
        .map(uri -> Path.of(uri).toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static URI location(Class<?> type) {
    return URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString());
  }
}
