package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFileTest {
  private static final byte[] ONE_TENSOR =
      new PickleBuilder().op('}').text("w").floats("0", 4).op('s').end();

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("weights.pth");
  }

  @Test
  void readsTensorsWhereTheyLie() throws IOException {
    byte[] storage = floats(1, 2, 3, 4);
    Files.write(file, TorchArchive.of(ONE_TENSOR).with("archive/data/0", storage).zip());
    try (WeightFile opened = WeightFile.open(file)) {
      assertThat(opened.format()).isEqualTo("PyTorch (zip)");
      assertThat(opened.tensor("w")).hasToString("[4] F32");
      assertThat(opened.tensor("w").data().toArray(JAVA_FLOAT_UNALIGNED))
          .containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void readsAZipWithoutAFolderAndWithLongOffsets() throws IOException {
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(file)) {
      zip.setUseZip64(Zip64Mode.Always);
      zip.setMethod(ZipEntry.STORED);
      store(zip, "data.pkl", ONE_TENSOR);
      store(zip, "data/0", floats(5, 6, 7, 8));
      store(zip, "byteorder", "little".getBytes(US_ASCII));
    }
    try (WeightFile opened = WeightFile.open(file)) {
      assertThat(opened.tensor("w").data().toArray(JAVA_FLOAT_UNALIGNED))
          .containsExactly(5, 6, 7, 8);
    }
  }

  private static void store(ZipArchiveOutputStream zip, String name, byte[] content)
      throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putArchiveEntry(entry);
    zip.write(content);
    zip.closeArchiveEntry();
  }

  @Test
  void readsAScalarAndAViewOfAStorageOfIntegers() throws IOException {
    PickleBuilder code = new PickleBuilder().op('}', '(').text("scalar");
    code.tensor(() -> code.storage("IntStorage", "0", 6), 3, new long[0], new long[0]);
    code.text("columns")
        .tensor(() -> code.storage("IntStorage", "0", 6), 1, new long[] {2, 2}, new long[] {1, 3});
    Files.write(
        file,
        TorchArchive.of(code.op('u').end()).with("archive/data/0", ints(0, 1, 2, 3, 4, 5)).zip());
    try (WeightFile opened = WeightFile.open(file)) {
      assertThat(opened.tensor("scalar").shape()).isEqualTo(Shape.of());
      assertThat(opened.tensor("scalar").data().toArray(JAVA_INT_UNALIGNED)).containsExactly(3);
      assertThat(opened.tensor("columns").data().toArray(JAVA_INT_UNALIGNED))
          .containsExactly(1, 4, 2, 5);
    }
  }

  @Test
  void readsAViewOfAStorageInALegacyFile() throws IOException {
    PickleBuilder code = new PickleBuilder().op('}').text("w");
    code.tensor(
        () ->
            code.op('(')
                .text("storage")
                .global("torch", "IntStorage")
                .text("77")
                .text("cpu")
                .number(6)
                .op('(')
                .text("78")
                .number(2)
                .number(3)
                .ops("ttQ"),
        1,
        new long[] {2},
        new long[] {1});
    Files.write(
        file, TorchArchive.legacy(true, code.op('s').end(), "77", ints(0, 1, 2, 3, 4, 5), 6));
    try (WeightFile opened = WeightFile.open(file)) {
      assertThat(opened.format()).isEqualTo("PyTorch (legacy)");
      assertThat(opened.tensor("w").data().toArray(JAVA_INT_UNALIGNED)).containsExactly(3, 4);
    }
  }

  @Test
  void refusesBigEndianFiles() throws IOException {
    Files.write(
        file,
        TorchArchive.of(ONE_TENSOR)
            .storage("0", 16)
            .with("archive/byteorder", "big".getBytes(US_ASCII))
            .zip());
    assertRefused("has the byte order \"big\", wanted \"little\"; save it on a little-endian");
    Files.write(file, TorchArchive.legacy(false, ONE_TENSOR, "0", floats(1, 2, 3, 4), 4));
    assertRefused("has its numbers big-endian; save it on a little-endian");
  }

  @Test
  void refusesALegacyFileWhoseStoragesDoNotFit() throws IOException {
    Files.write(file, TorchArchive.legacy(true, ONE_TENSOR, "0", floats(1, 2, 3, 4), 3));
    assertRefused("has 4 bytes behind its last storage");
    Files.write(file, TorchArchive.legacy(true, ONE_TENSOR, "0", floats(1, 2, 3, 4), 5));
    assertRefused("has 16 bytes left for the 5 elements of storage \"0\"");
    Files.write(file, TorchArchive.legacy(true, ONE_TENSOR, "0", floats(1, 2, 3, 4), -1));
    assertRefused("has 16 bytes left for the -1 elements");
    Files.write(
        file, TorchArchive.legacy(true, ONE_TENSOR, "0", floats(1, 2, 3, 4), Long.MAX_VALUE / 2));
    assertRefused("has 16 bytes left for the 4611686018427387903 elements");
    Files.write(file, TorchArchive.legacy(true, ONE_TENSOR, "0", floats(1, 2, 3), 3));
    assertRefused("has 12 bytes for the storage \"0\", wanted 4 elements F32");
    Files.write(file, TorchArchive.legacy(true, ONE_TENSOR, "1", floats(1, 2, 3, 4), 4));
    assertRefused("lists a storage that none of its tensors lies in");
    Files.write(file, new PickleBuilder().number(5).end());
    assertRefused("is a pickle, but not one that torch.save wrote");
  }

  @Test
  void refusesStoragesThatDoNotFit() throws IOException {
    Files.write(file, TorchArchive.of(ONE_TENSOR).storage("0", 20).zip());
    assertRefused("has 20 bytes for the storage \"0\", wanted 4 elements F32");
    Files.write(file, TorchArchive.of(ONE_TENSOR).storage("1", 16).zip());
    assertRefused("has no zip entry \"archive/data/0\"");
    PickleBuilder code = new PickleBuilder().op('}', '(').text("a").floats("0", 4).text("b");
    code.tensor(() -> code.storage("IntStorage", "0", 4), 0, new long[0], new long[0]);
    Files.write(file, TorchArchive.of(code.op('u').end()).storage("0", 16).zip());
    assertRefused("has the storage \"0\" as F32 and as I32");
  }

  @Test
  void refusesTensorsOutsideTheirStorage() throws IOException {
    assertTensorRefused(1, new long[] {4}, new long[] {1}, "in a storage of 4 elements");
    assertTensorRefused(5, new long[] {1}, new long[] {1}, "in a storage of 4 elements");
    assertTensorRefused(-1, new long[] {1}, new long[] {1}, "the size, stride or offset -1");
    assertTensorRefused(0, new long[] {-1}, new long[] {1}, "the size, stride or offset -1");
    assertTensorRefused(0, new long[] {2}, new long[] {-1}, "the size, stride or offset -1");
    assertTensorRefused(0, new long[] {2, 2}, new long[] {1}, "an axis too few or too many");
    assertTensorRefused(0, new long[] {1L << 40, 1L << 40}, new long[] {0, 0}, "which overflows");
    assertTensorRefused(0, new long[] {5, 5}, new long[] {1L << 61, 1L << 61}, "which overflows");
    assertTensorRefused(
        Long.MAX_VALUE, new long[] {2}, new long[] {Long.MAX_VALUE}, "which overflows");
  }

  private void assertTensorRefused(long offset, long[] size, long[] strides, String message)
      throws IOException {
    PickleBuilder code = new PickleBuilder();
    code.tensor(() -> code.storage("FloatStorage", "0", 4), offset, size, strides);
    Files.write(file, TorchArchive.of(code.end()).storage("0", 16).zip());
    assertRefused(message);
  }

  @Test
  void refusesToExpandAFewBytesIntoMany() throws IOException {
    PickleBuilder one = new PickleBuilder().op('}').text("w");
    one.tensor(
        () -> one.storage("FloatStorage", "0", 1),
        0,
        new long[] {1 << 20, 1 << 20},
        new long[] {0, 0});
    Files.write(file, TorchArchive.of(one.op('s').end()).storage("0", 4).zip());
    assertRefused("its tensors together need more than 4 times its bytes");

    PickleBuilder many = new PickleBuilder().op('}', '(');
    for (int i = 0; i < 100; i++) {
      many.text("w" + i).floats("0", 1 << 20);
    }
    Files.write(file, TorchArchive.of(many.op('u').end()).storage("0", 4 << 20).zip());
    assertRefused("its tensors together need more than 4 times its bytes");
  }

  @Test
  void refusesZipsThatHideSomething() throws IOException {
    Files.write(file, TorchArchive.of(ONE_TENSOR).storage("0", 16).zip(ZipEntry.DEFLATED));
    assertRefused("has the zip entry \"archive/data.pkl\" compressed or encrypted");
    Files.write(
        file, TorchArchive.of(ONE_TENSOR).storage("0", 16).with("b/data.pkl", ONE_TENSOR).zip());
    assertRefused("has two entries data.pkl");
    Files.write(file, new TorchArchive().with("readme.txt", new byte[3]).zip());
    assertRefused("is a zip without the data.pkl of PyTorch");
    Files.write(file, TorchArchive.of(ONE_TENSOR).with("archive/constants.pkl", new byte[1]).zip());
    assertRefused("is TorchScript, a program with its weights");
    byte[] twice = TorchArchive.of(ONE_TENSOR).storage("0", 16).storage("X", 16).zip();
    Files.write(
        file, new String(twice, ISO_8859_1).replace("data/X", "data/0").getBytes(ISO_8859_1));
    assertRefused("has the zip entry \"archive/data/0\" twice");
  }

  @Test
  void refusesAnObjectThatIsNoTensor() throws IOException {
    PickleBuilder code = new PickleBuilder().op('}').text("s");
    Files.write(
        file,
        TorchArchive.of(code.storage("FloatStorage", "0", 4).op('s').end()).storage("0", 16).zip());
    assertRefused("holds at \"s\" neither a tensor nor a setting");
  }

  @Test
  void knowsAFileByItsContentAlone() throws IOException {
    Path misnamed = folder.resolve("really.pth");
    SafetensorsWriter.write(misnamed, Map.of(), Map.of());
    try (WeightFile opened = WeightFile.open(misnamed)) {
      assertThat(opened.format()).isEqualTo("safetensors");
    }
    Files.write(file, new byte[0]);
    assertRefused("is empty; download or save it again");
    Files.writeString(file, "<!DOCTYPE html><title>404</title>");
    assertRefused("is neither safetensors nor a file that torch.save wrote; name one that is");
  }

  private void assertRefused(String message) {
    assertThatIOException()
        .isThrownBy(() -> WeightFile.open(file).close())
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(message);
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }
}
