package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtobufMessageTest {
  private static String hex(ProtobufMessage message) {
    return HexFormat.of().formatHex(message.bytes());
  }

  @Test
  void fieldsAreThoseOfTheSpecification() {
    // The examples of protobuf.dev/programming-guides/encoding.
    assertThat(hex(new ProtobufMessage().integer(1, 150))).isEqualTo("089601");
    assertThat(hex(new ProtobufMessage().text(2, "testing"))).isEqualTo("120774657374696e67");
    assertThat(hex(new ProtobufMessage().message(3, new ProtobufMessage().integer(1, 150))))
        .isEqualTo("1a03089601");
    assertThat(hex(new ProtobufMessage().integer(1, -2))).isEqualTo("08feffffffffffffffff01");
  }

  @Test
  void numbersEndAtTheirLastByteThatIsNotZero() {
    assertThat(hex(new ProtobufMessage().integer(1, 0))).isEqualTo("0800");
    assertThat(hex(new ProtobufMessage().integer(1, 127))).isEqualTo("087f");
    assertThat(hex(new ProtobufMessage().integer(1, 128))).isEqualTo("088001");
    assertThat(hex(new ProtobufMessage().integer(16, 1))).isEqualTo("800101");
    assertThat(hex(new ProtobufMessage().integer(1, Long.MAX_VALUE)))
        .isEqualTo("08ffffffffffffffff7f");
  }

  @Test
  void floatingPointIsLittleEndian() {
    assertThat(hex(new ProtobufMessage().float32(1, 1f))).isEqualTo("0d0000803f");
    assertThat(hex(new ProtobufMessage().float64(1, 1))).isEqualTo("09000000000000f03f");
  }

  @Test
  void largeDataIsWrittenFromWhereItLies(@TempDir Path folder) throws IOException {
    byte[] data = {1, 2, 3};
    ProtobufMessage inner =
        new ProtobufMessage().integer(1, 1).bytes(2, MemorySegment.ofArray(data)).integer(3, 2);
    ProtobufMessage outer = new ProtobufMessage().text(1, "a").message(2, inner).fields(inner);
    String whole = "0a0161" + "1209" + "0801" + "1203010203" + "1802" + "08011203010203" + "1802";
    assertThat(hex(outer)).isEqualTo(whole);
    assertThat(outer.size()).isEqualTo(whole.length() / 2);
    data[0] = 9;
    Path file = folder.resolve("message");
    WholeFile.write(file, outer::writeTo);
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(file)))
        .isEqualTo(whole.replace("010203", "090203"));
  }

  @Test
  void textIsUtf8() {
    assertThat(hex(new ProtobufMessage().text(1, "é"))).isEqualTo("0a02c3a9");
  }
}
