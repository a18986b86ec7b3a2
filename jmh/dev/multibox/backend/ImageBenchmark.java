package dev.multibox.backend;

import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.ColourStep;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Batches of 500 x 375 pixels made into inputs of 300 x 300, as training and evaluation do. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class ImageBenchmark {
  private static final int WIDTH = 500;
  private static final int HEIGHT = 375;
  private static final int SIDE = 300;

  @Param({"1", "8", "32"})
  private int batch;

  @Param({"BILINEAR", "BILINEAR_ANTIALIAS"})
  private Resize resize = Resize.BILINEAR;

  private CpuBackend backend;
  private TensorArena arena;
  private List<Tensor> images;
  private Tensor out;

  @Setup(Level.Trial)
  public void open() {
    backend = CpuBackend.open();
    arena = backend.newArena();
    byte[] rgb = new byte[WIDTH * HEIGHT * 3];
    new SplittableRandom(1).nextBytes(rgb);
    Tensor image = arena.allocate(Shape.of(HEIGHT, WIDTH, 3), DType.U8);
    backend.upload(MemorySegment.ofArray(rgb), image);
    images = Collections.nCopies(batch, image);
    out = arena.zeros(Shape.of(batch, SIDE, SIDE, 3), DType.F32);
    evaluate();
    float mean = 0;
    for (float value : backend.floats(out.get(0))) {
      mean += value / (SIDE * SIDE * 3);
    }
    // Bytes are 127.5 in the mean, the channels' means are 114.7.
    if (!(Math.abs(mean - 12.8f) < 2)) {
      throw new IllegalStateException("prepareImages: the mean was " + mean);
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    arena.close();
    backend.close();
  }

  private void prepare(ImagePlan plan) {
    List<ImagePlan> plans = Collections.nCopies(batch, plan);
    backend.image().prepare(images, plans, Normalisation.caffe(), out);
  }

  @Benchmark
  public void evaluate() {
    prepare(ImagePlan.whole(WIDTH, HEIGHT, resize));
  }

  @Benchmark
  public void train() {
    prepare(
        new ImagePlan(
            List.of(
                new ColourStep.Brightness(12),
                new ColourStep.Contrast(1.2f),
                new ColourStep.Saturation(1.3f),
                new ColourStep.Hue(9)),
            new Canvas(2 * WIDTH, 2 * HEIGHT, WIDTH / 2, HEIGHT / 3),
            new Crop(WIDTH / 4, HEIGHT / 4, WIDTH, HEIGHT),
            true,
            resize));
  }
}
