package dev.multibox.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Puts pickles and storages together as {@code torch.save} does, or would not. */
public final class TorchArchive {
  private final Map<String, byte[]> entries = new LinkedHashMap<>();

  public static TorchArchive of(byte[] pickle) {
    return new TorchArchive().with("archive/data.pkl", pickle);
  }

  TorchArchive with(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  public TorchArchive storage(String key, int bytes) {
    return with("archive/data/" + key, new byte[bytes]);
  }

  public byte[] zip() throws IOException {
    return zip(ZipEntry.STORED);
  }

  byte[] zip(int method) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> content : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(content.getKey());
        entry.setMethod(method);
        entry.setSize(content.getValue().length);
        CRC32 crc = new CRC32();
        crc.update(content.getValue());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content.getValue());
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** A legacy file with one storage, whose bytes need not be as many as its count says. */
  static byte[] legacy(
      boolean littleEndian, byte[] object, String key, byte[] storage, long count) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] magic = {
      0x6c, (byte) 0xfc, (byte) 0x9c, 0x46, (byte) 0xf9, 0x20, 0x6a, (byte) 0xa8, 0x50, 0x19
    };
    bytes.writeBytes(new PickleBuilder().op(0x8a, magic.length).raw(magic).end());
    bytes.writeBytes(new PickleBuilder().number(1001).end());
    bytes.writeBytes(
        new PickleBuilder()
            .op('}')
            .text("little_endian")
            .op(littleEndian ? 0x88 : 0x89, 's')
            .end());
    bytes.writeBytes(object);
    bytes.writeBytes(new PickleBuilder().op(']').text(key).op('a').end());
    bytes.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(count).array());
    bytes.writeBytes(storage);
    return bytes.toByteArray();
  }
}
