package dev.multibox.backend;

import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Batches of 500 x 375 pixels made into inputs of 300 x 300, as evaluation and training do. */
@SuppressWarnings("NullAway.Init")
public class ImageBenchmark extends OpBenchmark {
  private static final int WIDTH = 500;
  private static final int HEIGHT = 375;
  private static final int SIDE = 300;

  private static final Canvas CANVAS = new Canvas(2 * WIDTH, 2 * HEIGHT, WIDTH / 2, HEIGHT / 3);
  private static final Crop CROP = new Crop(WIDTH / 4, HEIGHT / 4, WIDTH, HEIGHT);

  @Param({"1", "8", "32"})
  private int batch;

  @Param({"BILINEAR", "BILINEAR_ANTIALIAS"})
  private Resize resize = Resize.BILINEAR;

  /** What the inputs are stored in. */
  @Param({"F32", "F16"})
  private DType type = DType.F32;

  private ImageKernels kernels;
  private List<Tensor> images;
  private List<ImagePlan> whole;
  private List<ImagePlan> augmented;
  private Tensor out;
  private Tensor maps;
  private Tensor resized;

  @Override
  Tensor setUp() {
    kernels = backend().image();
    int channels = Math.ceilDiv(3, backend().channelMultiple()) * backend().channelMultiple();
    byte[] rgb = new byte[batch * HEIGHT * WIDTH * 3];
    new SplittableRandom(1).nextBytes(rgb);
    Tensor pixels = arena().allocate(Shape.of(batch, HEIGHT, WIDTH, 3), DType.U8);
    backend().upload(MemorySegment.ofArray(rgb), pixels);
    images = IntStream.range(0, batch).mapToObj(pixels::get).toList();
    whole = Collections.nCopies(batch, ImagePlan.whole(WIDTH, HEIGHT, resize));
    augmented = Collections.nCopies(batch, augmentation());
    out = arena().zeros(Shape.of(batch, SIDE, SIDE, channels), type);
    maps = arena().zeros(pixels.shape(), DType.F32);
    backend().convert().convert(pixels, maps);
    resized = arena().zeros(Shape.of(batch, SIDE, SIDE, 3), DType.F32);
    kernels.prepare(images, whole, Normalisation.caffe(), out);
    double sum = 0;
    for (float value : random().values(out.get(0))) {
      sum += value;
    }
    // Bytes are 127.5 in the mean, the channels' means are 114.7; the padding is zero.
    double mean = sum / (SIDE * SIDE * 3);
    require(Math.abs(mean - 12.8) < 2, "prepare: the mean was " + mean);
    return maps;
  }

  private ImagePlan augmentation() {
    List<ColourStep> colours =
        List.of(
            new ColourStep.Brightness(12),
            new ColourStep.Contrast(1.2f),
            new ColourStep.Saturation(1.3f),
            new ColourStep.Hue(9));
    return new ImagePlan(colours, CANVAS, CROP, true, resize);
  }

  @Benchmark
  public void prepare(Traffic traffic) {
    long pixels = 3L * batch * WIDTH * HEIGHT;
    time(
        traffic,
        pixels + out.bytes(),
        () -> kernels.prepare(images, whole, Normalisation.caffe(), out));
  }

  /** The image lies right of the crop's left edge and below its top, and reaches beyond it. */
  @Benchmark
  public void prepareAugmented(Traffic traffic) {
    int width = CROP.left() + CROP.width() - CANVAS.left();
    int height = CROP.top() + CROP.height() - CANVAS.top();
    time(
        traffic,
        3L * batch * width * height + out.bytes(),
        () -> kernels.prepare(images, augmented, Normalisation.caffe(), out));
  }

  @Benchmark
  public void resizeBilinear(Traffic traffic) {
    time(traffic, maps.bytes() + resized.bytes(), () -> kernels.resizeBilinear(maps, resized));
  }

  /** As NVIDIA does: whole images, twisted behind the resize. */
  @Benchmark
  public void prepareTwisted(Traffic traffic) {
    ImagePlan plan =
        new ImagePlan(
            List.of(),
            Canvas.none(WIDTH, HEIGHT),
            new Crop(0, 0, WIDTH, HEIGHT),
            true,
            resize,
            List.of(new ColourStep.Twist(0.3f, 1.3f, 1.05f, 0.8f)));
    List<ImagePlan> plans = Collections.nCopies(batch, plan);
    time(
        traffic,
        3L * batch * WIDTH * HEIGHT + out.bytes(),
        () -> kernels.prepare(images, plans, Normalisation.caffe(), out));
  }

  /** As torchvision does: whole images, read once more for their mean grey. */
  @Benchmark
  public void prepareBlended(Traffic traffic) {
    List<ColourStep> colours =
        List.of(
            new ColourStep.Blend(ColourStep.From.BLACK, 1.1f),
            new ColourStep.Blend(ColourStep.From.GREY, 1.3f),
            new ColourStep.ByteHue(9),
            new ColourStep.Blend(ColourStep.From.MEAN_GREY, 0.8f),
            new ColourStep.Shuffle(2, 0, 1));
    Crop crop = new Crop(0, 0, WIDTH, HEIGHT);
    ImagePlan plan = new ImagePlan(colours, Canvas.none(WIDTH, HEIGHT), crop, true, resize);
    List<ImagePlan> plans = Collections.nCopies(batch, plan);
    time(
        traffic,
        2 * 3L * batch * WIDTH * HEIGHT + out.bytes(),
        () -> kernels.prepare(images, plans, Normalisation.caffe(), out));
  }
}
