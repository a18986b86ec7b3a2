package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("weights.safetensors");
  }

  @Test
  void readsEveryTypeOfAFileMadeByPython() throws IOException {
    Files.write(file, fromPython());
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.metadata())
          .containsEntry("format", "pt")
          .containsEntry("note", "größe \"quoted\"");
      assertThat(opened.tensors().keySet())
          .containsExactly(
              "doubles",
              "empty",
              "floats",
              "halves",
              "brains",
              "longs",
              "ints",
              "shorts",
              "bytes",
              "unsigned",
              "flags");
      assertThat(opened.tensor("doubles").data().toArray(JAVA_DOUBLE_UNALIGNED))
          .containsExactly(0.1, -1e300);
      assertThat(opened.tensor("empty")).hasToString("[0, 3] F32");
      assertThat(opened.tensor("floats").shape()).isEqualTo(Shape.of(2, 3));
      assertThat(opened.tensor("floats").data().toArray(JAVA_FLOAT_UNALIGNED))
          .containsExactly(1f, -2f, 3.5f, 0f, 1e-30f, 65504f);
      assertThat(opened.tensor("halves").data().toArray(JAVA_SHORT_UNALIGNED))
          .containsExactly((short) 0x3C00, (short) 0xB800, (short) 0x7BFF);
      assertThat(opened.tensor("brains").data().toArray(JAVA_SHORT_UNALIGNED))
          .containsExactly((short) 0x3F80, (short) 0xC000);
      assertThat(opened.tensor("longs").shape().rank()).isZero();
      assertThat(opened.tensor("longs").data().get(JAVA_LONG_UNALIGNED, 0)).isEqualTo(-(1L << 62));
      assertThat(opened.tensor("ints").data().toArray(JAVA_INT_UNALIGNED)).containsExactly(7, -7);
      assertThat(opened.tensor("shorts").data().toArray(JAVA_SHORT_UNALIGNED))
          .containsExactly((short) 300, (short) -300);
      assertThat(opened.tensor("bytes").data().toArray(JAVA_BYTE)).containsExactly(1, -1, 127);
      assertThat(opened.tensor("unsigned").data().toArray(JAVA_BYTE))
          .containsExactly(0, (byte) 128, (byte) 255);
      assertThat(opened.tensor("flags").type()).isEqualTo(StoredType.BOOL);
    }
  }

  @Test
  void refusesAFileCutOffAnywhere() throws IOException {
    byte[] whole = fromPython();
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatIOException()
          .describedAs("the first %d bytes", length)
          .isThrownBy(() -> SafetensorsFile.open(file).close())
          .withMessageStartingWith(file + ": ");
    }
    assertThat(whole).hasSizeGreaterThan(100);
  }

  @Test
  void refusesBytesBehindTheLastTensor() throws IOException {
    byte[] whole = fromPython();
    Files.write(file, Arrays.copyOf(whole, whole.length + 3));
    assertRefused("holds 3 bytes behind its last tensor; the file is damaged");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}} | tensor \"a\": dtype"
            + " was \"F8_E4M3\", wanted one of [F64,",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | tensor \"a\": [2] F32"
            + " needs 8 bytes, data_offsets give it 4;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | tensor \"a\": shape was"
            + " [-1], wanted a list of whole numbers;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | tensor \"a\": shape"
            + " was [1.0], wanted a list of whole numbers;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}} |"
            + " overflows;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,4]}} |"
            + " overflows;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}} |"
            + " wanted a list of whole numbers;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | wanted a begin and an"
            + " end;",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}} | tensor \"a\": data_offsets was",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}} | tensor \"a\": shape was",
        "{\"a\":5} | tensor \"a\": dtype was",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\","
            + "\"shape\":[2],\"data_offsets\":[2,4]}} | tensor \"b\": begins at byte 2 of the data,"
            + " where the tensors before it end at 1;",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\","
            + "\"shape\":[2],\"data_offsets\":[2,4]}} | tensor \"b\": begins at byte 2 of the data,"
            + " where the tensors before it end at 3;",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\","
            + "\"shape\":[4],\"data_offsets\":[0,4]}} | Duplicate field 'a'",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}} | tensor \"a\": ends at"
            + " byte 8 of the data, but the file holds 4;",
        "{\"__metadata__\":{\"epoch\":3}} | the metadata \"epoch\" is no string;",
        "{\"__metadata__\":[]} | __metadata__ is no object;",
        "{} | holds 4 bytes behind its last tensor;",
        "{\"a\" | is not valid JSON",
        "{} {} | is not valid JSON",
        "[] | does not begin with {;",
      })
  void refusesAHeaderThatIsWrong(String header, String message) throws IOException {
    write(header.getBytes(StandardCharsets.UTF_8), new byte[4]);
    assertRefused(message);
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    write(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'}, new byte[0]);
    assertRefused("its header is not UTF-8");
  }

  @ParameterizedTest
  @CsvSource({"100000001", "-1", "9223372036854775807"})
  void refusesAHeaderLongerThanTheFormatAllows(long length) throws IOException {
    Files.write(file, lengthOf(length).putLong(0).array());
    assertRefused("more than the 100000000 of the format");
  }

  @Test
  void takesTensorsInAnyOrderOfTheHeaderAndSpacesBehindIt() throws IOException {
    String header =
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]},"
            + "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[3,3]},"
            + "\"a\":{\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[0,3]}}   ";
    write(header.getBytes(StandardCharsets.UTF_8), new byte[] {1, 2, 3, 4});
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensors().keySet()).containsExactly("b", "none", "a");
      assertThat(opened.tensor("b").data().toArray(JAVA_BYTE)).containsExactly(4);
      assertThat(opened.metadata()).isEmpty();
    }
  }

  @Test
  void namesTheTensorItDoesNotHave() throws IOException {
    Files.write(file, fromPython());
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThatIOException()
          .isThrownBy(() -> opened.tensor("missing.weight"))
          .withMessage(
              "%s: has no tensor \"missing.weight\" among its 11; is it a file of this model?",
              file);
    }
  }

  @Test
  void refusesToReadTensorsOnceClosed() throws IOException {
    Files.write(file, fromPython());
    SafetensorsFile opened = SafetensorsFile.open(file);
    StoredTensor ints = opened.tensor("ints");
    opened.close();
    assertThatIllegalStateException().isThrownBy(() -> ints.data().toArray(JAVA_INT_UNALIGNED));
  }

  private void assertRefused(String message) {
    assertThatIOException()
        .isThrownBy(() -> SafetensorsFile.open(file).close())
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(message);
  }

  private void write(byte[] header, byte[] data) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(8 + header.length + data.length);
    content.put(lengthOf(header.length).flip()).put(header).put(data);
    Files.write(file, content.array());
  }

  private static ByteBuffer lengthOf(long length) {
    return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
  }

  /** What {@code by_python.py} beside it wrote. */
  private static byte[] fromPython() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            SafetensorsFileTest.class.getResourceAsStream("by_python.safetensors"))) {
      return in.readAllBytes();
    }
  }
}
