package dev.multibox.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The orientation a camera noted in a JPEG file: the stored picture is to be transposed, then
 * mirrored in x, in y, in both or in neither.
 */
record ExifOrientation(boolean transposed, boolean mirroredX, boolean mirroredY) {
  static final ExifOrientation UPRIGHT = new ExifOrientation(false, false, false);

  private static final int START_OF_IMAGE = 0xFFD8;
  private static final int APP1 = 0xFFE1;
  private static final int START_OF_SCAN = 0xFFDA;
  private static final int ORIENTATION_TAG = 0x0112;
  private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

  /** The orientation noted in a file, {@link #UPRIGHT} where none is or it makes no sense. */
  static ExifOrientation of(byte[] file) {
    ByteBuffer buffer = ByteBuffer.wrap(file);
    if (file.length < 4 || (buffer.getShort(0) & 0xFFFF) != START_OF_IMAGE) {
      return UPRIGHT;
    }
    int at = 2;
    while (at + 4 <= file.length) {
      int marker = buffer.getShort(at) & 0xFFFF;
      int length = buffer.getShort(at + 2) & 0xFFFF;
      if (marker < 0xFF00 || marker == START_OF_SCAN || at + 2 + length > file.length) {
        return UPRIGHT;
      }
      if (marker == APP1 && isExif(buffer, at + 4, length - 2)) {
        int from = at + 4 + EXIF.length;
        return fromTiff(buffer.slice(from, at + 2 + length - from));
      }
      at += 2 + length;
    }
    return UPRIGHT;
  }

  private static boolean isExif(ByteBuffer buffer, int from, int length) {
    return length > EXIF.length + 8
        && buffer.slice(from, EXIF.length).equals(ByteBuffer.wrap(EXIF));
  }

  /** Looks through the first directory of a TIFF block. */
  private static ExifOrientation fromTiff(ByteBuffer tiff) {
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return UPRIGHT;
    }
    int entries = tiff.getShort(directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      int entry = directory + 2 + 12 * i;
      if (entry + 12 > tiff.limit()) {
        return UPRIGHT;
      }
      if ((tiff.getShort(entry) & 0xFFFF) == ORIENTATION_TAG) {
        return of(tiff.getShort(entry + 8));
      }
    }
    return UPRIGHT;
  }

  // The numbers of the EXIF standard, by where the stored first row and column are to go.
  private static ExifOrientation of(int code) {
    return switch (code) {
      case 2 -> new ExifOrientation(false, true, false);
      case 3 -> new ExifOrientation(false, true, true);
      case 4 -> new ExifOrientation(false, false, true);
      case 5 -> new ExifOrientation(true, false, false);
      case 6 -> new ExifOrientation(true, true, false);
      case 7 -> new ExifOrientation(true, true, true);
      case 8 -> new ExifOrientation(true, false, true);
      default -> UPRIGHT;
    };
  }

  /** The picture the right way up. */
  PixelBuffer apply(PixelBuffer stored) {
    if (equals(UPRIGHT)) {
      return stored;
    }
    int width = transposed ? stored.height() : stored.width();
    int height = transposed ? stored.width() : stored.height();
    byte[] rgb = new byte[width * height * 3];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int u = mirroredX ? width - 1 - x : x;
        int v = mirroredY ? height - 1 - y : y;
        int from = transposed ? u * stored.width() + v : v * stored.width() + u;
        System.arraycopy(stored.rgb(), from * 3, rgb, (y * width + x) * 3, 3);
      }
    }
    return new PixelBuffer(width, height, rgb);
  }
}
