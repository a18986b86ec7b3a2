package dev.multibox.backend.cuda;

import static dev.multibox.backend.cuda.TrafficTable.SECTOR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ActivationMask;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.ColourStep;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.PoolingParams;
import dev.multibox.backend.Priors;
import dev.multibox.backend.SgdParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Holds the kernels that take the time of a step to the bytes they need. The table is left in
 * {@code target/kernel-traffic.csv}; {@link SideKernelTrafficTest} has the others, and no kernel is
 * left without a line.
 */
final class KernelTrafficTest {
  private static final long ROWS = 2 * 19 * 19;
  private static final long CHANNELS = 96;
  private static final Shape SHAPE = Shape.of(2, 19, 19, CHANNELS);
  private static final long N = ROWS * CHANNELS;
  private static final int PRIORS = 8732;
  private static final int IMAGES = 2;
  private static final int TRUTHS = 3;

  private static final Path SOURCES = Path.of("src/main/cuda");
  private static final Path PTX = Path.of("src/main/resources/dev/multibox/cuda");
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");

  private final TrafficTable table = new TrafficTable();

  @Test
  void kernelsMoveLittleMoreThanTheyMust() throws IOException {
    try (CudaBackend backend = table.openBackend();
        TensorArena arena = backend.newArena()) {
      for (DType dtype : List.of(DType.F32, DType.F16)) {
        pointwise(backend, arena, dtype);
        rows(backend, arena, dtype);
        masks(backend, arena, dtype);
        windows(backend, arena, dtype);
        losses(backend, arena, dtype);
        for (int classes : List.of(21, 81)) {
          heads(backend, arena, dtype, classes);
        }
        norms(backend, arena, dtype);
        images(backend, arena, dtype);
      }
      parameters(backend, arena);
      boxes(backend, arena);
      greys(backend, arena);
      for (DType dtype : List.of(DType.F32, DType.F16)) {
        TrafficDetections.measure(table, backend, arena, dtype);
      }
    }
    table.write("kernel-traffic.csv");

    assertThat(table.over()).isEmpty();
    Set<String> listed = new TreeSet<>(table.kernels());
    listed.addAll(SideKernelTrafficTest.KERNELS);
    assertThat(listed).isEqualTo(shipped());
  }

  /** The entries of all PTX, however much they move at once. */
  private static Set<String> shipped() throws IOException {
    Set<String> kernels = new TreeSet<>();
    for (Path source : PtxBuild.sources(SOURCES)) {
      String ptx = Files.readString(PtxBuild.ptxOf(SOURCES, source, PTX));
      ENTRY
          .matcher(ptx)
          .results()
          .forEach(entry -> kernels.add(TrafficTable.family(entry.group(1))));
    }
    return kernels;
  }

  private void pointwise(CudaBackend backend, TensorArena arena, DType dtype) {
    Tensor a = arena.zeros(SHAPE, dtype);
    Tensor b = arena.zeros(SHAPE, dtype);
    Tensor out = arena.zeros(SHAPE, dtype);
    Tensor other = arena.zeros(SHAPE, dtype == DType.F32 ? DType.F16 : DType.F32);
    Tensor sum = arena.zeros(Shape.of(1), DType.F32);
    String name = TrafficTable.suffix(dtype);
    long bytes = a.bytes();
    backend.elementwise().fill(out, 1);
    table.measure(backend, "fill_" + name, bytes);
    backend.elementwise().add(a, b, Activation.RELU, out);
    table.measure(backend, "add_" + name, 3 * bytes);
    backend.elementwise().accumulate(a, Gradient.add(out));
    table.measure(backend, "accumulate_" + name, 3 * bytes);
    if (dtype == DType.F16) {
      backend.elementwise().accumulate(a, Gradient.add(other));
      table.measure(backend, "accumulate_f16_f32", bytes + 2 * other.bytes());
    }
    backend.elementwise().activation(a, Activation.RELU6, out);
    table.measure(backend, "activation_" + name, 2 * bytes);
    backend.elementwise().activationBackward(a, Activation.RELU, b, Gradient.overwrite(out));
    table.measure(backend, "activation_backward_" + name, 3 * bytes);
    Tensor joined = arena.zeros(Shape.of(2, 19, 19, 2 * CHANNELS), dtype);
    Gradient part = Gradient.overwrite(out);
    backend.elementwise().joinChannels(a, CHANNELS, b, CHANNELS, joined);
    table.measure(backend, "join_channels_" + name, 2 * joined.bytes());
    backend.elementwise().joinChannelsBackward(joined, part, CHANNELS, null, CHANNELS);
    table.measure(backend, "join_channels_backward_" + name, 2 * bytes);
    backend.elementwise().sum(a, sum);
    table.measure(backend, "sum_" + name, bytes);
    backend.convert().convert(a, other);
    table.measure(
        backend,
        "convert_%s_%s".formatted(name, TrafficTable.suffix(other.dtype())),
        bytes + other.bytes());
  }

  private void rows(CudaBackend backend, TensorArena arena, DType dtype) {
    Tensor x = arena.zeros(SHAPE, dtype);
    Tensor y = arena.zeros(SHAPE, dtype);
    Tensor dz = arena.zeros(SHAPE, dtype);
    Tensor vector = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor second = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor sums = arena.zeros(Shape.of(2, CHANNELS), DType.F32);
    String name = TrafficTable.suffix(dtype) + "_packed";
    long bytes = x.bytes();
    // The parts of the first stages are a share of the rows that shrinks as these grow.
    backend.elementwise().bias(x, vector, Activation.RELU, y);
    table.measureStreams(backend, "bias_" + name, 2 * bytes);
    backend.elementwise().biasBackward(y, Activation.RELU, x, dz, Gradient.overwrite(vector));
    table.measureStreams(backend, "bias_backward_" + name, 3 * bytes);
    backend.batchNorm().statistics(x, 1e-5f, vector, second);
    table.measureStreams(backend, "batchnorm_statistics_" + name, bytes);
    backend.batchNorm().apply(x, vector, second, vector, second, null, Activation.RELU, y);
    table.measureStreams(backend, "batchnorm_apply_" + name, 2 * bytes);
    backend.batchNorm().backwardReduce(x, vector, second, y, Activation.RELU, dz, dz, sums);
    table.measureStreams(backend, "batchnorm_backward_reduce_" + name, 4 * bytes);
    backend
        .batchNorm()
        .backwardData(x, vector, second, vector, dz, sums, Statistics.BATCH, Gradient.overwrite(y));
    table.measureStreams(backend, "batchnorm_backward_data_" + name, 3 * bytes);
  }

  private void norms(CudaBackend backend, TensorArena arena, DType dtype) {
    Shape shape = Shape.of(1, 19, 19, 512);
    Tensor x = arena.zeros(shape, dtype);
    Tensor out = arena.zeros(shape, dtype);
    Tensor dx = arena.zeros(shape, dtype);
    Tensor scale = arena.zeros(Shape.of(512), DType.F32);
    Tensor norm = arena.zeros(Shape.of(shape.rows()), DType.F32);
    Gradient dScale = Gradient.overwrite(arena.zeros(Shape.of(512), DType.F32));
    String name = TrafficTable.suffix(dtype) + "_packed";
    backend.l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out);
    table.measureStreams(backend, "l2norm_forward_" + name, 2 * x.bytes() + norm.bytes());
    backend
        .l2Norm()
        .backward(x, scale, Guard.LARGER_OF, 1e-12f, norm, out, Gradient.overwrite(dx), dScale);
    table.measureStreams(backend, "l2norm_backward_" + name, 3 * x.bytes() + norm.bytes());
  }

  /** What keeps a bit of an activation, and what reads it. */
  private void masks(CudaBackend backend, TensorArena arena, DType dtype) {
    Tensor x = arena.zeros(SHAPE, dtype);
    Tensor y = arena.zeros(SHAPE, dtype);
    Tensor mask = arena.zeros(ActivationMask.shape(SHAPE), DType.U8);
    Tensor vector = arena.zeros(Shape.of(CHANNELS), DType.F32);
    Tensor sums = arena.zeros(Shape.of(2, CHANNELS), DType.F32);
    String name = TrafficTable.suffix(dtype) + "_whole";
    long bytes = x.bytes();
    backend.elementwise().maskedBias(x, vector, Activation.RELU, y, mask);
    table.measureStreams(backend, "masked_bias_" + name, 2 * bytes + mask.bytes());
    backend.elementwise().maskedActivationBackward(mask, x, Gradient.overwrite(y));
    table.measure(backend, "masked_activation_backward_" + name, 2 * bytes + mask.bytes());
    backend.elementwise().maskedBiasBackward(mask, x, x, Gradient.overwrite(vector));
    table.measureStreams(backend, "masked_bias_backward_" + name, 2 * bytes + mask.bytes());
    backend.batchNorm().maskedApply(x, vector, vector, vector, vector, x, Activation.RELU, y, mask);
    table.measureStreams(backend, "batchnorm_masked_apply_" + name, 3 * bytes + mask.bytes());
    backend.batchNorm().maskedBackwardReduce(x, vector, vector, mask, y, y, sums);
    table.measureStreams(
        backend, "batchnorm_masked_backward_reduce_" + name, 3 * bytes + mask.bytes());
  }

  /** An image of 150 x 112 pixels, resized by about as much as most are. */
  private void images(CudaBackend backend, TensorArena arena, DType dtype) {
    Tensor image = arena.zeros(Shape.of(112, 150, 3), DType.U8);
    Tensor out = arena.zeros(Shape.of(1, 96, 96, 8), dtype);
    ImagePlan plan = ImagePlan.whole(150, 112, Resize.BILINEAR);
    backend.image().prepare(List.of(image), List.of(plan), Normalisation.imageNet(), out);
    // Rows that two tiles take, and tables, are read again, from the cache.
    table.measure(
        backend,
        "image_prepare_" + TrafficTable.suffix(dtype) + "_packed",
        image.bytes() + out.bytes());
  }

  /** An image of 300 x 224 pixels, whose mean grey is all that its kernel looks for. */
  private void greys(CudaBackend backend, TensorArena arena) {
    Tensor image = arena.zeros(Shape.of(224, 300, 3), DType.U8);
    Tensor out = arena.zeros(Shape.of(1, 8, 8, 8), DType.F32);
    ImagePlan whole = ImagePlan.whole(300, 224, Resize.BILINEAR);
    ImagePlan plan =
        new ImagePlan(
            List.of(new ColourStep.Blend(ColourStep.From.MEAN_GREY, 0.5f)),
            whole.canvas(),
            whole.crop(),
            false,
            whole.resize());
    backend.image().prepare(List.of(image), List.of(plan), Normalisation.imageNet(), out);
    table.measureStreams(backend, "image_greys", image.bytes());
  }

  private void windows(CudaBackend backend, TensorArena arena, DType dtype) {
    PoolingParams halving = PoolingParams.of(2, 2, 0).withCeilMode();
    Tensor x = arena.zeros(SHAPE, dtype);
    Shape pooled = halving.outputShape(SHAPE);
    Tensor out = arena.zeros(pooled, dtype);
    Tensor places = arena.zeros(pooled, DType.U8);
    String name = TrafficTable.suffix(dtype) + "_packed";
    long bytes = x.bytes() + out.bytes() + places.bytes();
    backend.pooling().maxPool(x, halving, out, places);
    table.measure(backend, "max_pool_" + name, bytes);
    backend.pooling().maxPoolBackward(places, out, halving, new Gradient(x, Accumulate.OVERWRITE));
    Tensor y = arena.zeros(SHAPE, dtype);
    Tensor perImage = arena.zeros(Shape.of(2, 1, 1, CHANNELS), dtype);
    Gradient dx = Gradient.overwrite(x);
    backend.pooling().globalAverage(y, perImage);
    table.measureStreams(backend, "global_average_" + name, y.bytes());
    backend.pooling().globalAverageBackward(perImage, dx);
    table.measureStreams(backend, "global_average_backward_" + name, y.bytes());
    backend.elementwise().scaleChannels(y, perImage, x);
    table.measureStreams(backend, "scale_channels_" + name, 2 * y.bytes());
    backend.elementwise().scaleChannelsBackward(y, perImage, y, dx, Gradient.overwrite(perImage));
    table.measureStreams(backend, "scale_channels_backward_" + name, 3 * y.bytes());
    // Each gradient is read for the four pixels of its window, by neighbours, from the cache.
    table.measureStreams(backend, "max_pool_backward_" + name, x.bytes() + 4 * (bytes - x.bytes()));
  }

  private void losses(CudaBackend backend, TensorArena arena, DType dtype) {
    Shape rows = Shape.of(8732, 21);
    Tensor x = arena.zeros(rows, dtype);
    Tensor dx = arena.zeros(rows, dtype);
    Tensor floats = arena.zeros(rows, DType.F32);
    Tensor out = arena.zeros(rows, DType.F32);
    Tensor perRow = arena.zeros(Shape.of(8732), DType.F32);
    Tensor targets = arena.zeros(Shape.of(8732), DType.I32);
    String name = TrafficTable.suffix(dtype);
    LossKernels kernels = backend.loss();
    kernels.softmax(x, out);
    table.measure(backend, "softmax_" + name, x.bytes() + out.bytes());
    kernels.crossEntropy(x, targets, perRow);
    table.measure(backend, "cross_entropy_" + name, x.bytes() + targets.bytes() + perRow.bytes());
    kernels.crossEntropyBackward(x, targets, perRow, Gradient.overwrite(dx));
    table.measure(
        backend,
        "cross_entropy_backward_" + name,
        2 * x.bytes() + targets.bytes() + perRow.bytes());
    kernels.smoothL1(x, floats, 1, out);
    table.measure(backend, "smooth_l1_" + name, x.bytes() + floats.bytes() + out.bytes());
    kernels.smoothL1Backward(x, floats, 1, out, Gradient.overwrite(dx));
    table.measure(
        backend, "smooth_l1_backward_" + name, 2 * x.bytes() + floats.bytes() + out.bytes());
  }

  /** One level of an SSD's heads: every hundredth prior positive, so that four of them count. */
  private void heads(CudaBackend backend, TensorArena arena, DType dtype, int classes) {
    HeadLayout layout = new HeadLayout(19, 19, 6, classes, HeadLayout.channels(6, classes, 8), 0);
    Shape shape = Shape.of(IMAGES, 19, 19, layout.channels());
    Shape perPrior = Shape.of(IMAGES, layout.priors());
    int[] labels = new int[IMAGES * layout.priors()];
    int positives = 0;
    for (int i = 0; i < labels.length; i += 100) {
      labels[i] = 1;
      positives++;
    }
    Tensors tensors = new Tensors(backend, arena);
    HeadOutputs heads = new HeadOutputs(List.of(arena.zeros(shape, dtype)), List.of(layout));
    Tensor targets = tensors.ints(perPrior, labels);
    Tensor offsets = arena.zeros(Shape.of(IMAGES, layout.priors(), 4), DType.F32);
    Tensor priorLosses = arena.zeros(perPrior, DType.F32);
    Tensor selected = arena.zeros(perPrior, DType.U8);
    Tensor weights = arena.zeros(Shape.of(IMAGES), DType.F32);
    LossParams params = LossParams.torchvision();
    Tensor three = arena.zeros(Shape.of(3), DType.F32);
    Tensor one = arena.zeros(Shape.of(1), DType.F32);
    LossKernels kernels = backend.loss();
    kernels.multibox(heads, targets, offsets, params, priorLosses, selected, weights, three);
    Gradient gradient = Gradient.overwrite(arena.zeros(shape, dtype));
    kernels.multiboxBackward(
        heads, targets, offsets, params, selected, weights, one, List.of(gradient));
    String name = TrafficTable.suffix(dtype);
    String of = ", %d classes".formatted(classes);
    long logits = (long) classes * dtype.bytes();
    // Of what stands by itself, whole sectors move.
    long losses = labels.length * (logits + 8) + positives * 2L * SECTOR;
    table.measure(backend, "multibox_prior_losses_" + name, of, losses);
    long counting = 4L * positives * 2 * Math.ceilDiv(logits, SECTOR) * SECTOR;
    // A warp for 32 priors reads the scale and its image's weight, from the cache.
    long scalars = Math.ceilDiv(labels.length, 32) * 2L * SECTOR;
    long gradients = labels.length * 5L + counting + positives * 3L * SECTOR + scalars;
    table.measure(backend, "multibox_backward_" + name, of, gradients);
    table.measure(backend, "multibox_mine", of, labels.length * 13L);
  }

  private void parameters(CudaBackend backend, TensorArena arena) {
    Tensor flag = arena.zeros(Shape.of(1), DType.I32);
    Tensor hyper = arena.zeros(Shape.of(8), DType.F32);
    Tensor scale = arena.zeros(Shape.of(1), DType.F32);
    Tensor weights = arena.zeros(Shape.of(N), DType.F32);
    Tensor momentum = arena.zeros(Shape.of(N), DType.F32);
    Tensor copies = arena.zeros(Shape.of(N), DType.F16);
    for (DType dtype : List.of(DType.F32, DType.F16)) {
      Tensor gradients = arena.zeros(Shape.of(N), dtype);
      backend.optimizer().checkFinite(gradients, flag);
      table.measure(backend, "check_finite_" + TrafficTable.suffix(dtype), gradients.bytes());
      backend
          .optimizer()
          .sgd(weights, momentum, gradients, copies, hyper, scale, SgdParams.of(true), flag);
      table.measureStreams(
          backend,
          "sgd_" + TrafficTable.suffix(dtype),
          gradients.bytes() + 2 * weights.bytes() + 2 * momentum.bytes() + copies.bytes());
    }
  }

  private void boxes(CudaBackend backend, TensorArena arena) {
    Tensors tensors = new Tensors(backend, arena);
    float[] corners = new float[4 * PRIORS];
    float[] centres = new float[4 * PRIORS];
    for (int p = 0; p < PRIORS; p++) {
      float x = (p % 94) / 100f;
      int row = p / 94;
      float y = row / 100f;
      System.arraycopy(new float[] {x, y, x + 0.1f, y + 0.1f}, 0, corners, 4 * p, 4);
      System.arraycopy(new float[] {x + 0.05f, y + 0.05f, 0.1f, 0.1f}, 0, centres, 4 * p, 4);
    }
    Shape perPrior = Shape.of(PRIORS, 4);
    Priors priors =
        new Priors(tensors.floats(perPrior, corners), tensors.floats(perPrior, centres));
    float[] truths = new float[IMAGES * TRUTHS * 4];
    for (int g = 0; g < IMAGES * TRUTHS; g++) {
      float at = 0.1f * g;
      System.arraycopy(new float[] {at, at, at + 0.2f, at + 0.2f}, 0, truths, 4 * g, 4);
    }
    Tensor boxes = tensors.floats(Shape.of(IMAGES, TRUTHS, 4), truths);
    Tensor labels = tensors.ints(Shape.of(IMAGES, TRUTHS), 1, 2, 3, 1, 2, 3);
    Tensor counts = tensors.ints(Shape.of(IMAGES), TRUTHS, TRUTHS);
    Tensor matched = arena.zeros(Shape.of(IMAGES, PRIORS), DType.I32);
    Tensor classes = arena.zeros(Shape.of(IMAGES, PRIORS), DType.I32);
    Tensor offsets = arena.zeros(Shape.of(IMAGES, PRIORS, 4), DType.F32);
    Tensor decoded = arena.zeros(Shape.of(IMAGES, PRIORS, 4), DType.F32);
    backend
        .box()
        .match(
            priors,
            boxes,
            labels,
            counts,
            MatchParams.torchvision(),
            BoxCoding.ssd(),
            matched,
            classes,
            offsets);
    long count = (long) IMAGES * PRIORS;
    // Priors are read once an image, from the cache from the second on.
    table.measureStreams(backend, "match_sweep", count * (16 + 8));
    table.measureStreams(backend, "match_decide", count * (8 + 24));
    backend.box().decode(offsets, priors, BoxCoding.ssd(), decoded);
    table.measure(backend, "decode", count * 48);
    backend
        .box()
        .encode(priors.corners(), priors, BoxCoding.ssd(), arena.zeros(perPrior, DType.F32));
    table.measure(backend, "encode", PRIORS * 48L);
  }
}
