package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.multibox.backend.ImagePlan;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The mean greys of whole images that their plans blend with. Sums are of integers, so that their
 * order is of no matter.
 */
final class GreyMeans {
  /** Rows of an image that one thread takes at a time. */
  private static final int ROWS = 32;

  private GreyMeans() {}

  /** The mean grey of each image as it is when its plan wants it; 0 where it never does. */
  static int[] of(Parallel parallel, List<Tensor> images, List<ImagePlan> plans) {
    int[] means = new int[images.size()];
    for (int n = 0; n < means.length; n++) {
      int step = plans.get(n).meanStep();
      if (step >= 0) {
        ColourSteps before = new ColourSteps(plans.get(n).colourSteps().subList(0, step), 0);
        means[n] = mean(parallel, images.get(n), before);
      }
    }
    return means;
  }

  private static int mean(Parallel parallel, Tensor image, ColourSteps before) {
    int rows = image.shape().intDim(0);
    int width = image.shape().intDim(1);
    long[] sums = new long[Parallel.chunks(rows, ROWS)];
    parallel.forChunks(
        rows,
        ROWS,
        (scratch, chunk, from, to) -> {
          for (long row = from; row < to; row++) {
            sums[chunk] += sum(scratch, image.host(), row * width * 3, width, before);
          }
        });
    long sum = 0;
    for (long part : sums) {
      sum += part;
    }
    long pixels = (long) rows * width;
    return (int) ((2 * sum + pixels) / (2 * pixels));
  }

  private static long sum(
      Scratch scratch, MemorySegment image, long at, int pixels, ColourSteps before) {
    byte[] bytes = scratch.bytes(pixels * 3);
    int[] rgb = scratch.ints(0, pixels * 3);
    MemorySegment.copy(image, JAVA_BYTE, at, bytes, 0, pixels * 3);
    for (int i = 0; i < pixels * 3; i++) {
      rgb[i] = bytes[i] & 0xFF;
    }
    before.apply(rgb, pixels);
    int[] table = before.pending();
    long sum = 0;
    for (int i = 0; i < pixels * 3; i += 3) {
      sum += PillowColour.grey(table[rgb[i]], table[rgb[i + 1]], table[rgb[i + 2]]);
    }
    return sum;
  }
}
