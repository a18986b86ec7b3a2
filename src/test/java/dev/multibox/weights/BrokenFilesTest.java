package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.multibox.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a file, reading it ends in tensors or in one line that refuses it. */
class BrokenFilesTest {
  private static final int FLIPS = 300;
  private static final byte[] ONE_TENSOR =
      new PickleBuilder().op('}').text("w").floats("0", 4).op('s').end();

  @TempDir Path folder;
  private Path file;
  private int refused;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("broken.pth");
  }

  @Test
  void refusesALegacyFileCutOffAnywhere() throws IOException {
    assertRefusedWhenCutOff(TorchArchive.legacy(true, ONE_TENSOR, "0", new byte[16], 4));
  }

  @Test
  void refusesAZipCutOffAnywhere() throws IOException {
    assertRefusedWhenCutOff(TorchArchive.of(ONE_TENSOR).storage("0", 16).zip());
  }

  private void assertRefusedWhenCutOff(byte[] whole) throws IOException {
    read(whole, "all bytes");
    assertThat(refused).isZero();
    for (int length = 0; length < whole.length; length++) {
      read(Arrays.copyOf(whole, length), "the first %d bytes".formatted(length));
    }
    assertThat(refused).isEqualTo(whole.length);
  }

  @Test
  void survivesFlippedBitsInALegacyFile() throws IOException {
    assertSurvivesFlips(smallest(false));
  }

  @Test
  void survivesFlippedBitsInAZip() throws IOException {
    assertSurvivesFlips(smallest(true));
  }

  private void assertSurvivesFlips(byte[] whole) throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < FLIPS; i++) {
      byte[] flipped = whole.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      }
      read(flipped, "variant %d of seed %d".formatted(i, seed));
    }
    assertThat(refused).describedAs("seed %d", seed).isBetween(1, FLIPS - 1);
  }

  /** The smallest file of PyTorch's in one of its two layouts. */
  private static byte[] smallest(boolean zip) throws IOException {
    byte[] smallest = new byte[0];
    for (Path path : Golden.files("07_small_*.pth")) {
      byte[] bytes = Files.readAllBytes(path);
      boolean isSmaller = smallest.length == 0 || bytes.length < smallest.length;
      if (TorchFile.isZip(ByteBuffer.wrap(bytes)) == zip && isSmaller) {
        smallest = bytes;
      }
    }
    assertThat(smallest).isNotEmpty();
    return smallest;
  }

  /** Touches every byte of what can be read, so that a tensor outside the file would show. */
  private void read(byte[] bytes, String what) throws IOException {
    Files.write(file, bytes);
    try (WeightFile opened = WeightFile.open(file)) {
      opened
          .tensors()
          .forEach((name, tensor) ->
              assertThat(tensor.data().toArray(JAVA_BYTE))
                  .describedAs(name)
                  .hasSize(Math.toIntExact(tensor.shape().size() * tensor.type().bytes())));
    } catch (IOException e) {
      refused++;
      assertThat(e)
          .describedAs(what)
          .hasMessageStartingWith(file + ": ")
          .hasMessageMatching("\\P{Cc}*; \\P{Cc}*");
    } catch (RuntimeException | AssertionError e) {
      fail(what, e);
    }
  }
}
