package dev.multibox.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.Adler32;
import java.util.zip.CRC32;

/**
 * RGB pictures as PNG files without compression. What a compressor makes of the same pixels differs
 * between versions of zlib; stored blocks are the same bytes everywhere, and quick to read again.
 */
final class PngWriter {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int STORED_LIMIT = 65_535;

  private PngWriter() {}

  /** The bytes of a PNG file with these pixels. */
  static byte[] encode(PixelBuffer pixels) {
    int width = pixels.width();
    int height = pixels.height();
    byte[] rows = new byte[height * (width * 3 + 1)]; // each row behind its filter, 0 for none
    for (int y = 0; y < height; y++) {
      System.arraycopy(pixels.rgb(), y * width * 3, rows, y * (width * 3 + 1) + 1, width * 3);
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream(rows.length + 256);
    png.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) 8).put((byte) 2); // bits a sample; RGB
    chunk(png, "IHDR", header.array());
    chunk(png, "IDAT", zlibStored(rows));
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static byte[] zlibStored(byte[] data) {
    int blocks = Math.max(1, Math.ceilDiv(data.length, STORED_LIMIT));
    ByteBuffer zlib = ByteBuffer.allocate(2 + 5 * blocks + data.length + 4);
    zlib.put((byte) 0x78).put((byte) 0x01);
    for (int block = 0; block < blocks; block++) {
      int from = block * STORED_LIMIT;
      int length = Math.min(STORED_LIMIT, data.length - from);
      zlib.put((byte) (block == blocks - 1 ? 1 : 0));
      // Stored lengths are little-endian, followed by their complement.
      zlib.putShort(Short.reverseBytes((short) length));
      zlib.putShort(Short.reverseBytes((short) ~length));
      zlib.put(data, from, length);
    }
    Adler32 adler = new Adler32();
    adler.update(data);
    return zlib.putInt((int) adler.getValue()).array();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] content) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
    png.writeBytes(name);
    png.writeBytes(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
