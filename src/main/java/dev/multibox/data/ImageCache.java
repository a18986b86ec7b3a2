package dev.multibox.data;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Decoded images up to a number of bytes; what came first stays, what does not fit is not kept. */
final class ImageCache {
  /** Where an image's pixels come from. */
  @FunctionalInterface
  interface Source {
    PixelBuffer read(ImageRecord image) throws IOException;
  }

  private final Source source;
  private final long capacity;
  private final AtomicLong reserved = new AtomicLong();
  private final Map<String, PixelBuffer> kept = new ConcurrentHashMap<>();

  ImageCache(Source source, long capacity) {
    this.source = source;
    this.capacity = capacity;
  }

  /**
   * The pixels of an image, which must be of the annotated size.
   *
   * @throws IOException naming the image
   */
  PixelBuffer read(ImageRecord image) throws IOException {
    PixelBuffer known = kept.get(image.id());
    if (known != null) {
      return known;
    }
    PixelBuffer pixels = source.read(image);
    if (pixels.width() != image.width() || pixels.height() != image.height()) {
      throw new IOException(
          "%s: is %d x %d, its annotation says %d x %d; correct the annotation's size and boxes"
              .formatted(
                  image.file(), pixels.width(), pixels.height(), image.width(), image.height()));
    }
    long bytes = pixels.rgb().length;
    if (reserved.addAndGet(bytes) > capacity || kept.putIfAbsent(image.id(), pixels) != null) {
      reserved.addAndGet(-bytes);
    }
    return pixels;
  }
}
