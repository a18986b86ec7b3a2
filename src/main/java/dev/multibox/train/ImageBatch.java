package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Staging;
import dev.multibox.data.PixelBuffer;
import dev.multibox.data.Sample;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings decoded images to the device and lets the image family make the network's input of them.
 */
public final class ImageBatch {
  private final Backend backend;
  private final TensorArena arena;
  private Staging staging;
  private long capacity;

  /**
   * Memory for batches.
   *
   * @param bytes the most that the decoded images of a batch take, as {@link
   *     dev.multibox.data.Dataset#largestBytes} says; where they take more it grows
   */
  public ImageBatch(Backend backend, long bytes, TensorArena arena) {
    this.backend = backend;
    this.arena = arena;
    capacity = bytes;
    staging = backend.newStaging(bytes, arena);
  }

  /** Fills {@code out [N, H, W, C]} from these samples. */
  void prepare(List<Sample> samples, Normalisation normalisation, Tensor out) {
    List<ImagePlan> plans = samples.stream().map(sample -> sample.plan().image()).toList();
    prepare(samples.stream().map(Sample::pixels).toList(), plans, normalisation, out);
  }

  /** Fills {@code out [N, H, W, C]} from these images, each by its plan. */
  public void prepare(
      List<PixelBuffer> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
    backend.image().prepare(upload(images), plans, normalisation, out);
  }

  private List<Tensor> upload(List<PixelBuffer> pixels) {
    long bytes = pixels.stream().mapToLong(buffer -> TensorArena.padded(buffer.rgb().length)).sum();
    if (bytes > capacity) {
      // Twice what there was, so that all that is left behind is no more than what is used.
      capacity = Math.max(bytes, 2 * capacity);
      staging = backend.newStaging(capacity, arena);
    }
    MemorySegment host = staging.host();
    long at = 0;
    for (PixelBuffer buffer : pixels) {
      host.asSlice(at, buffer.rgb().length).copyFrom(buffer.segment());
      at += TensorArena.padded(buffer.rgb().length);
    }
    Tensor sent = staging.send(bytes);
    List<Tensor> images = new ArrayList<>();
    at = 0;
    for (PixelBuffer buffer : pixels) {
      images.add(sent.slice(at, Shape.of(buffer.height(), buffer.width(), 3)));
      at += TensorArena.padded(buffer.rgb().length);
    }
    return images;
  }
}
