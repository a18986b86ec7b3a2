package dev.multibox.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.backend.Activation;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.backend.ScaleParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The bytes of the kernels that finish what others began, or that are there for completeness. Those
 * of a few hundred bytes, or that read the same again and again from the cache, are listed only:
 * the table is left in {@code target/side-kernel-traffic.csv}.
 */
final class SideKernelTrafficTest {
  private static final int CHANNELS = 1024;
  private static final long VECTOR = 4L * CHANNELS;
  private static final int PRIORS = 8732;

  /** Into how many runs of rows two maps of 19 x 19 are cut, whose sums are then joined. */
  private static final int PARTS = 12;

  /** Those that have their line here. */
  static final Set<String> KERNELS =
      new TreeSet<>(
          List.of(
              "batchnorm_inverse_std",
              "batchnorm_join",
              "batchnorm_update_running",
              "column_sums",
              "convert_i32_f16",
              "convert_i32_f32",
              "convert_u8_f16",
              "convert_u8_f32",
              "image_resize_f32",
              "image_sums_f16",
              "image_sums_f32",
              "iou",
              "l2norm_scale_backward_f16",
              "l2norm_scale_backward_f32",
              "match_bipartite",
              "match_each_best",
              "multibox_join",
              "nms",
              "nms_thin",
              "total",
              "update_scale"));

  private final TrafficTable table = new TrafficTable();

  @Test
  void sideKernelsMoveLittleMoreThanTheyMust() throws IOException {
    try (CudaBackend backend = table.openBackend();
        TensorArena arena = backend.newArena()) {
      vectors(backend, arena);
      scale(backend, arena);
      conversions(backend, arena);
      for (DType dtype : List.of(DType.F32, DType.F16)) {
        wideNorms(backend, arena, dtype);
        images(backend, arena, dtype);
      }
      overlaps(backend, arena);
      losses(backend, arena);
      TrafficDetections.thin(table, backend, arena);
    }
    table.write("side-kernel-traffic.csv");

    assertThat(table.over()).isEmpty();
    assertThat(table.kernels()).isEqualTo(KERNELS);
  }

  /** What makes the batch's losses of the sums of its images. */
  private void losses(CudaBackend backend, TensorArena arena) {
    int images = 256;
    HeadLayout layout = new HeadLayout(1, 1, 4, 3, 32, 0);
    Tensor level = arena.zeros(Shape.of(images, 1, 1, 32), DType.F32);
    Shape perPrior = Shape.of(images, 4);
    backend
        .loss()
        .multibox(
            new HeadOutputs(List.of(level), List.of(layout)),
            arena.zeros(perPrior, DType.I32),
            arena.zeros(Shape.of(images, 4, 4), DType.F32),
            LossParams.torchvision(),
            arena.zeros(perPrior, DType.F32),
            arena.zeros(perPrior, DType.U8),
            arena.zeros(Shape.of(images), DType.F32),
            arena.zeros(Shape.of(3), DType.F32));
    // The sums are read twice, the second time from the cache.
    table.note(backend, "multibox_join", images * (16L + 4) + 12);
  }

  /** A value for each channel, and the sums of parts that make them. */
  private void vectors(CudaBackend backend, TensorArena arena) {
    Tensor x = arena.zeros(Shape.of(2, 19, 19, CHANNELS), DType.F32);
    Tensor mean = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor other = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor running = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor runningVariance = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor flag = arena.zeros(Shape.of(1), DType.I32);
    backend.batchNorm().inverseStd(mean, 1e-5f, other);
    table.measure(backend, "batchnorm_inverse_std", 2 * VECTOR);
    backend
        .batchNorm()
        .updateRunning(mean, other, 1e-5f, 722, 0.1f, flag, running, runningVariance);
    // Each thread reads the flag, from the cache.
    table.measureStreams(backend, "batchnorm_update_running", 6 * VECTOR);
    backend.batchNorm().statistics(x, 1e-5f, mean, other);
    table.measure(backend, "batchnorm_join", 2 * (PARTS + 1) * VECTOR);
    Gradient sums = Gradient.overwrite(running);
    backend.elementwise().biasBackward(x, Activation.NONE, x, null, sums);
    table.measure(backend, "column_sums", (PARTS + 1) * VECTOR);
    backend.elementwise().sum(x, arena.zeros(Shape.of(1), DType.F32));
    table.note(backend, "total", Float.BYTES);
  }

  private void scale(CudaBackend backend, TensorArena arena) {
    Tensor losses = arena.zeros(Shape.of(3), DType.F32);
    Tensor flag = arena.zeros(Shape.of(1), DType.I32);
    Tensor lossScale = arena.zeros(Shape.of(1), DType.F32);
    Tensor counters = arena.zeros(Shape.of(2), DType.I32);
    Tensor ring = arena.zeros(Shape.of(64, 8), DType.F32);
    backend.optimizer().updateScale(losses, ScaleParams.dynamic(), flag, lossScale, counters, ring);
    table.note(backend, "update_scale", 12 + 2 * 4 + 2 * 4 + 2 * 8 + 32);
  }

  private void conversions(CudaBackend backend, TensorArena arena) {
    Shape shape = Shape.of(100_000);
    for (DType from : List.of(DType.U8, DType.I32)) {
      for (DType to : List.of(DType.F32, DType.F16)) {
        Tensor x = arena.zeros(shape, from);
        Tensor out = arena.zeros(shape, to);
        backend.convert().convert(x, out);
        table.measure(
            backend,
            "convert_%s_%s".formatted(TrafficTable.suffix(from), TrafficTable.suffix(to)),
            x.bytes() + out.bytes());
      }
    }
  }

  /** More channels than the one-pass kernel keeps, so that the scale's gradient has its own. */
  private void wideNorms(CudaBackend backend, TensorArena arena, DType dtype) {
    Shape shape = Shape.of(1, 19, 19, 2048);
    Tensor x = arena.zeros(shape, dtype);
    Tensor dOut = arena.zeros(shape, dtype);
    Gradient dx = Gradient.overwrite(arena.zeros(shape, dtype));
    Tensor scale = arena.zeros(Shape.of(2048), DType.F32);
    Tensor norm = arena.zeros(Shape.of(shape.rows()), DType.F32);
    Gradient dScale = Gradient.overwrite(arena.zeros(Shape.of(2048), DType.F32));
    backend.l2Norm().backward(x, scale, Guard.LARGER_OF, 1e-12f, norm, dOut, dx, dScale);
    table.measureStreams(
        backend, "l2norm_scale_backward_" + TrafficTable.suffix(dtype) + "_packed", 2 * x.bytes());
  }

  private void images(CudaBackend backend, TensorArena arena, DType dtype) {
    Tensor x = arena.zeros(Shape.of(2, 19, 19, 96), dtype);
    Tensor means = arena.zeros(Shape.of(2, 1, 1, 96), dtype);
    backend.pooling().globalAverage(x, means);
    long parts = PARTS * 96L * Float.BYTES;
    table.measure(backend, "image_sums_" + TrafficTable.suffix(dtype), parts + means.bytes());
    if (dtype == DType.F32) {
      Tensor small = arena.zeros(Shape.of(1, 48, 48, 8), dtype);
      Tensor large = arena.zeros(Shape.of(1, 96, 96, 8), dtype);
      backend.image().resizeBilinear(small, large);
      table.note(backend, "image_resize_f32_packed", small.bytes() + large.bytes());
    }
  }

  /** Boxes along a diagonal, each of which overlaps its neighbours. */
  private void overlaps(CudaBackend backend, TensorArena arena) {
    Tensors tensors = new Tensors(backend, arena);
    float[] corners = new float[4 * PRIORS];
    float[] scores = new float[PRIORS];
    for (int p = 0; p < PRIORS; p++) {
      float at = p / (float) PRIORS;
      System.arraycopy(new float[] {at, at, at + 0.1f, at + 0.1f}, 0, corners, 4 * p, 4);
      scores[p] = at;
    }
    Tensor boxes = tensors.floats(Shape.of(PRIORS, 4), corners);
    Tensor few = boxes.slice(0, Shape.of(64, 4));
    Tensor overlaps = arena.zeros(Shape.of(64, PRIORS), DType.F32);
    backend.box().iou(few, boxes, overlaps);
    // Each of the few reads all others again, from the cache.
    table.note(backend, "iou", few.bytes() + boxes.bytes() + overlaps.bytes());

    Tensor labels = tensors.ints(Shape.of(1, 3), 1, 2, 3);
    Tensor truths = boxes.slice(0, Shape.of(3, 4)).reshape(Shape.of(1, 3, 4));
    Tensor counts = tensors.ints(Shape.of(1), 3);
    Tensor matched = arena.zeros(Shape.of(1, PRIORS), DType.I32);
    Tensor classes = arena.zeros(Shape.of(1, PRIORS), DType.I32);
    Tensor offsets = arena.zeros(Shape.of(1, PRIORS, 4), DType.F32);
    Priors priors = new Priors(boxes, boxes);
    for (MatchParams params : List.of(MatchParams.torchvision(), MatchParams.caffe())) {
      backend
          .box()
          .match(
              priors, truths, labels, counts, params, BoxCoding.ssd(), matched, classes, offsets);
    }
    table.note(backend, "match_each_best", 3 * 12L);
    table.note(backend, "match_bipartite", 3 * 12L);

    int size = 400;
    Tensor keep = arena.zeros(Shape.of(size), DType.I32);
    backend
        .nms()
        .nms(
            boxes.slice(0, Shape.of(size, 4)),
            tensors.floats(Shape.of(size), Arrays.copyOf(scores, size)),
            0.45f,
            NmsParams.Overlap.ABOVE,
            keep,
            arena.zeros(Shape.of(1), DType.I32));
    table.note(backend, "nms", size * (16L + 4 + 4) + 4);
  }
}
