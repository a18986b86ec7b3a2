package dev.multibox.data;

import dev.multibox.backend.Checks;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;

/** A decoded image: RGB bytes, row by row. Buffers are shared between samples; do not write. */
public final class PixelBuffer {
  private final int width;
  private final int height;
  private final byte[] rgb;

  /**
   * Takes {@code rgb} over, without copying it.
   *
   * @throws IllegalArgumentException if it is not {@code height * width * 3} bytes long
   */
  public PixelBuffer(int width, int height, byte[] rgb) {
    Checks.require(
        "pixels",
        width > 0 && height > 0 && rgb.length == 3L * width * height,
        "%d bytes for %d x %d, wanted 3 a pixel",
        rgb.length,
        width,
        height);
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** The bytes {@code [height, width, 3]} themselves. */
  public byte[] rgb() {
    return rgb;
  }

  /** The value, 0 to 255, of channel 0 red, 1 green or 2 blue. */
  public int value(int x, int y, int channel) {
    return rgb[(y * width + x) * 3 + channel] & 0xFF;
  }

  /** The bytes as memory to upload. */
  public MemorySegment segment() {
    return MemorySegment.ofArray(rgb).asReadOnly();
  }

  /**
   * A tensor {@code [height, width, 3]} U8 over these bytes, for kernels that run on the host; it
   * costs nothing. Devices take a copy of {@link #segment}.
   *
   * @param arena how long the tensor may be used
   */
  public Tensor hostTensor(TensorArena arena) {
    return Tensor.host(Shape.of(height, width, 3), DType.U8, segment(), arena);
  }
}
