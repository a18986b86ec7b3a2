package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.weights.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Reads a folder of odd images whose RGB Pillow has written to {@code expected_rgb.safetensors} by
 * file name; what has none there is to be refused. {@code -Dmultibox.images=DIR} names the folder.
 */
@EnabledIfSystemProperty(
    named = "multibox.images",
    matches = ".+",
    disabledReason = "no folder of known images; name it with -Dmultibox.images=DIR")
class KnownImagesTest {
  private static final Path FOLDER = Path.of(System.getProperty("multibox.images", ""));

  @Test
  void everyImageIsReadToTheLastBitOrRefused() throws IOException {
    try (SafetensorsFile expected =
            SafetensorsFile.open(FOLDER.resolve("expected_rgb.safetensors"));
        Stream<Path> files = Files.list(FOLDER)) {
      List<String> read = new ArrayList<>();
      for (Path file : files.filter(KnownImagesTest::isImage).toList()) {
        String name = file.getFileName().toString();
        if (expected.tensors().containsKey(name)) {
          byte[] rgb = expected.tensor(name).data().toArray(ValueLayout.JAVA_BYTE);
          assertThat(ImageDecoder.decode(file).rgb()).describedAs(name).isEqualTo(rgb);
          read.add(name);
        } else {
          assertThatThrownBy(() -> ImageDecoder.decode(file))
              .isInstanceOf(IOException.class)
              .hasMessageStartingWith(file + ": ");
        }
      }
      assertThat(read).containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
    }
  }

  private static boolean isImage(Path file) {
    return !file.toString().matches(".*\\.(json|safetensors|md)");
  }
}
