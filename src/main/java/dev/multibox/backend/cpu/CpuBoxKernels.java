package dev.multibox.backend.cpu;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;

/** IoU and coding spread over boxes, matching over images. */
final class CpuBoxKernels extends BoxKernels {
  private static final int TILE_BOXES = 1024;

  private final Parallel parallel;
  private final BoxColumns columns = new BoxColumns();
  private float[] centres = new float[0];

  CpuBoxKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runIou(Tensor a, Tensor b, Tensor out) {
    columns.read(parallel.shared(), b);
    int width = columns.count();
    parallel.forChunks(
        a.shape().dim(0),
        Math.max(1, 16 * TILE_BOXES / Math.max(1, width)),
        (scratch, _, from, to) -> {
          float[] corners = scratch.floats(0, 4);
          float[] row = scratch.floats(1, width);
          for (long i = from; i < to; i++) {
            FloatStretch.read(scratch, a, 4 * i, 4, corners);
            Corners box = Corners.of(corners, 0);
            for (int j = 0; j < width; j++) {
              float iou = columns.iou(j, box, 0);
              row[j] = iou > 0 ? iou : 0;
            }
            FloatStretch.write(scratch, row, width, out, i * width);
          }
        });
  }

  @Override
  protected void runMatch(
      Priors priors,
      Tensor boxes,
      Tensor labels,
      Tensor counts,
      MatchParams params,
      BoxCoding coding,
      Tensor matched,
      Tensor classTargets,
      Tensor offsetTargets) {
    columns.read(parallel.shared(), priors.corners());
    BoxCoder coder = coder(priors, coding);
    ImageMatcher.Truth truth = new ImageMatcher.Truth(boxes, labels, counts);
    parallel.forChunks(
        boxes.shape().dim(0),
        1,
        (scratch, _, from, to) -> {
          for (long n = from; n < to; n++) {
            new ImageMatcher(columns, params, coder, truth, n, scratch)
                .match(matched.get(n), classTargets.get(n), offsetTargets.get(n));
          }
        });
  }

  @Override
  protected void runEncode(Tensor boxes, Priors priors, BoxCoding coding, Tensor offsets) {
    BoxCoder coder = coder(priors, coding);
    code(boxes, offsets, priors.count(), coder::encode);
  }

  @Override
  protected void runDecode(Tensor offsets, Priors priors, BoxCoding coding, Tensor boxes) {
    BoxCoder coder = coder(priors, coding);
    code(offsets, boxes, priors.count(), coder::decode);
  }

  private interface Coding {
    void apply(float[] in, int at, int prior, float[] out, int outAt);
  }

  private void code(Tensor in, Tensor out, int priors, Coding coding) {
    parallel.forChunks(
        in.size() / 4,
        TILE_BOXES,
        (scratch, _, from, to) -> {
          int count = (int) (to - from);
          float[] tile = scratch.floats(0, 4 * TILE_BOXES);
          float[] result = scratch.floats(1, 4 * TILE_BOXES);
          FloatStretch.read(scratch, in, 4 * from, 4 * count, tile);
          for (int i = 0; i < count; i++) {
            coding.apply(tile, 4 * i, (int) ((from + i) % priors), result, 4 * i);
          }
          FloatStretch.write(scratch, result, 4 * count, out, 4 * from);
        });
  }

  private BoxCoder coder(Priors priors, BoxCoding coding) {
    int length = 4 * priors.count();
    if (centres.length < length) {
      centres = new float[length];
    }
    FloatStretch.read(parallel.shared(), priors.centres(), 0, length, centres);
    return new BoxCoder(coding, centres);
  }
}
