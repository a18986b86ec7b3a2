package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.Normalisation;
import dev.multibox.data.PixelBuffer;
import dev.multibox.data.Sample;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings decoded images to the device and lets the image family make the network's input of them.
 */
final class ImageBatch {
  private final Backend backend;
  private final TensorArena arena;
  private Tensor staging; // U8, as large as the largest batch

  /**
   * Memory for batches.
   *
   * @param bytes the most that the decoded images of a batch take, as {@link
   *     dev.multibox.data.Dataset#largestBytes} says; where they take more it grows
   */
  ImageBatch(Backend backend, long bytes, TensorArena arena) {
    this.backend = backend;
    this.arena = arena;
    staging = arena.allocate(Shape.of(bytes), DType.U8);
  }

  /** Fills {@code out [N, H, W, C]} from these samples. */
  void prepare(List<Sample> samples, Normalisation normalisation, Tensor out) {
    List<Tensor> images = upload(samples.stream().map(Sample::pixels).toList());
    List<ImagePlan> plans = samples.stream().map(sample -> sample.plan().image()).toList();
    backend.image().prepare(images, plans, normalisation, out);
  }

  private List<Tensor> upload(List<PixelBuffer> pixels) {
    long bytes = pixels.stream().mapToLong(buffer -> TensorArena.padded(buffer.rgb().length)).sum();
    if (bytes > staging.size()) {
      staging = arena.allocate(Shape.of(bytes), DType.U8);
    }
    List<Tensor> images = new ArrayList<>();
    long at = 0;
    for (PixelBuffer buffer : pixels) {
      Tensor image = staging.slice(at, Shape.of(buffer.height(), buffer.width(), 3));
      backend.upload(buffer.segment(), image);
      images.add(image);
      at += TensorArena.padded(buffer.rgb().length);
    }
    return images;
  }
}
