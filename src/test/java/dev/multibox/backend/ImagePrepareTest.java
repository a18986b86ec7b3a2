package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ImagePrepareTest {
  /** Sums of up to 8 x 8 float products of values to 255, the weights rounded to float. */
  private static final double RESAMPLED = 1e-3;

  /** Half of a colour step may round the other way in float: one level, seldom two in a row. */
  private static final double LEVELS = 2.001;

  private static final List<Resize> RESIZES = List.of(Resize.values());

  private static final Normalisation PLAIN =
      new Normalisation(0, 0, 0, 1, 1, 1, Normalisation.ChannelOrder.RGB);

  @BackendSource
  void everyResizeAgreesWithItsDefinition(Backend backend) {
    SplittableRandom random = new SplittableRandom(1);
    for (Resize resize : Resize.values()) {
      for (int[] size : new int[][] {{40, 30}, {7, 90}, {96, 96}, {1, 1}, {33, 2}, {64, 20}}) {
        int[] rgb = noise(random, size[0] * size[1] * 3);
        ImagePlan plan = ImagePlan.whole(size[0], size[1], resize);
        assertAgrees(backend, rgb, size[0], plan, Normalisation.caffe(), RESAMPLED);
      }
    }
  }

  @BackendSource
  void expandedCroppedAndFlippedPlansAgreeWithTheDefinition(Backend backend) {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 60; i++) {
      int width = 1 + random.nextInt(50);
      int height = 1 + random.nextInt(50);
      int canvasWidth = width + random.nextInt(60);
      int canvasHeight = height + random.nextInt(60);
      Canvas canvas =
          new Canvas(
              canvasWidth,
              canvasHeight,
              random.nextInt(canvasWidth - width + 1),
              random.nextInt(canvasHeight - height + 1));
      int cropWidth = 1 + random.nextInt(canvasWidth);
      int cropHeight = 1 + random.nextInt(canvasHeight);
      Crop crop =
          new Crop(
              random.nextInt(canvasWidth - cropWidth + 1),
              random.nextInt(canvasHeight - cropHeight + 1),
              cropWidth,
              cropHeight);
      Resize resize = RESIZES.get(i % RESIZES.size());
      ImagePlan plan = new ImagePlan(List.of(), canvas, crop, random.nextBoolean(), resize);
      int[] rgb = noise(random, width * height * 3);
      assertAgrees(backend, rgb, width, plan, Normalisation.imageNet(), RESAMPLED);
    }
  }

  @BackendSource
  void colourStepsAgreeWithTheDefinitionInTheirOrder(Backend backend) {
    SplittableRandom random = new SplittableRandom(3);
    List<ColourStep> all =
        List.of(
            new ColourStep.Brightness(-20.3f),
            new ColourStep.Contrast(1.45f),
            new ColourStep.Saturation(1.4f),
            new ColourStep.Hue(-31),
            new ColourStep.Shuffle(2, 0, 1),
            new ColourStep.Contrast(0.6f),
            new ColourStep.Saturation(0.55f),
            new ColourStep.Brightness(31),
            new ColourStep.Hue(200));
    for (int count = 1; count <= all.size(); count++) {
      for (int from = 0; from + count <= all.size(); from++) {
        ImagePlan plan =
            new ImagePlan(
                all.subList(from, from + count),
                Canvas.none(20, 20),
                new Crop(0, 0, 20, 20),
                false,
                Resize.NEAREST);
        // One level of difference is multiplied by what contrast and saturation come after it.
        double tolerance = count == 1 ? 1.001 : LEVELS * 1.45 * 1.4;
        assertAgrees(backend, noise(random, 1200), 20, plan, PLAIN, tolerance);
      }
    }
  }

  /** The grey mean is of the whole image, of which the crop shows a corner. */
  @BackendSource
  void blendsAgreeWithTheDefinition(Backend backend) {
    SplittableRandom random = new SplittableRandom(8);
    int[] rgb = noise(random, 70 * 90 * 3);
    for (int i = 0; i < 3 * 70 * 45; i++) {
      rgb[i] /= 2;
    }
    for (ColourStep.From from : ColourStep.From.values()) {
      for (float factor : new float[] {0, 0.6f, 1, 1.5f}) {
        List<ColourStep> steps =
            List.of(new ColourStep.Brightness(-9), new ColourStep.Blend(from, factor));
        ImagePlan plan =
            new ImagePlan(
                steps, Canvas.none(70, 90), new Crop(50, 60, 20, 20), false, Resize.NEAREST);
        // What is whole but for a float's last bit may lose it.
        assertAgrees(backend, rgb, 70, plan, PLAIN, 1.001);
      }
    }
  }

  @BackendSource
  void lateStepsAreAppliedToWhatWasResized(Backend backend) {
    SplittableRandom random = new SplittableRandom(9);
    for (int i = 0; i < 12; i++) {
      ColourStep.Twist twist =
          new ColourStep.Twist(30 * i, 0.5f + i / 11f, 0.875f + i / 44f, 1.5f - i / 11f);
      ImagePlan plan =
          new ImagePlan(
              i % 2 == 0 ? List.of() : List.of(new ColourStep.Brightness(20)),
              Canvas.none(50, 40),
              new Crop(5, 2 + i, 40 - i, 25),
              i % 3 == 0,
              RESIZES.get(i % RESIZES.size()),
              List.of(twist));
      // One level where rounding falls the other way, times the gain of red on blue at most.
      assertAgrees(backend, noise(random, 6000), 50, plan, Normalisation.caffe(), 1 + 1.7 * 1.6);
    }
  }

  @BackendSource
  void aTwistByHand(Backend backend) {
    // Without chroma, 1.125 (128 + 0.5 (y - 128)) of the luma y, which of red is 0.299.
    int[] colours = {0, 0, 0, 100, 100, 100, 255, 0, 0};
    ColourStep.Twist twist = new ColourStep.Twist(45, 0, 1.125f, 0.5f);
    ImagePlan plan =
        new ImagePlan(
            List.of(),
            Canvas.none(3, 1),
            new Crop(0, 0, 3, 1),
            false,
            Resize.NEAREST,
            List.of(twist));
    try (TensorArena arena = backend.newArena()) {
      Tensor out = new Tensors(backend, arena).poisoned(Shape.of(1, 1, 3, 3));
      backend
          .image()
          .prepare(List.of(image(backend, arena, colours, 3)), List.of(plan), PLAIN, out);
      assertThat(backend.floats(out)).containsExactly(72, 72, 72, 128, 128, 128, 115, 115, 115);
    }
  }

  @BackendSource
  void aTurnOfTheHueAndBackKeepsColours(Backend backend) {
    int[] rgb = noise(new SplittableRandom(4), 24 * 24 * 3);
    for (float degrees : new float[] {15, 60, 120, 180, 300}) {
      List<ColourStep> steps = List.of(new ColourStep.Hue(degrees), new ColourStep.Hue(-degrees));
      float[] result = prepare(backend, rgb, 24, plan(24, steps), PLAIN, 24, DType.F32);
      for (int i = 0; i < rgb.length; i++) {
        assertThat(Math.abs(result[i] - rgb[i])).isLessThanOrEqualTo(2);
      }
    }
  }

  @BackendSource
  void greyIsTouchedNeitherByHueNorBySaturation(Backend backend) {
    int[] grey = new int[256 * 3];
    for (int i = 0; i < grey.length; i++) {
      grey[i] = i / 3;
    }
    List<ColourStep> steps = List.of(new ColourStep.Hue(36), new ColourStep.Saturation(1.5f));
    ImagePlan plan =
        new ImagePlan(steps, Canvas.none(256, 1), new Crop(0, 0, 256, 1), false, Resize.NEAREST);
    try (TensorArena arena = backend.newArena()) {
      Tensor out = new Tensors(backend, arena).poisoned(Shape.of(1, 1, 256, 3));
      backend.image().prepare(List.of(image(backend, arena, grey, 256)), List.of(plan), PLAIN, out);
      float[] result = backend.floats(out);
      for (int i = 0; i < grey.length; i++) {
        assertThat(result[i]).isEqualTo(grey[i]);
      }
    }
  }

  @BackendSource
  void aCropBesideTheImageIsZero(Backend backend) {
    ImagePlan plan =
        new ImagePlan(
            List.of(new ColourStep.Brightness(30)),
            new Canvas(100, 100, 50, 50),
            new Crop(0, 0, 50, 50),
            false,
            Resize.BICUBIC);
    int[] rgb = noise(new SplittableRandom(5), 20 * 20 * 3);
    float[] result = prepare(backend, rgb, 20, plan, Normalisation.caffe(), 32, DType.F32);
    assertThat(result).containsOnly(0f);
  }

  @BackendSource
  void padsChannelsWithZerosAndWritesHalves(Backend backend) {
    SplittableRandom random = new SplittableRandom(6);
    int[] rgb = noise(random, 30 * 30 * 3);
    ImagePlan plan = ImagePlan.whole(30, 30, Resize.BILINEAR);
    float[] three = prepare(backend, rgb, 30, plan, Normalisation.imageNet(), 17, DType.F32);
    try (TensorArena arena = backend.newArena()) {
      Tensor out = arena.zeros(Shape.of(1, 17, 17, 8), DType.F16);
      backend
          .image()
          .prepare(
              List.of(image(backend, arena, rgb, 30)),
              List.of(plan),
              Normalisation.imageNet(),
              out);
      short[] halves = new short[17 * 17 * 8];
      backend.download(out, MemorySegment.ofArray(halves));
      for (int i = 0; i < halves.length; i++) {
        float expected = i % 8 < 3 ? three[i / 8 * 3 + i % 8] : 0;
        assertThat(halves[i]).isEqualTo(Float.floatToFloat16(expected));
      }
    }
  }

  @Test
  void resultsDoNotDependOnThreads() {
    SplittableRandom random = new SplittableRandom(7);
    List<int[]> images = new ArrayList<>();
    List<ImagePlan> plans = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      images.add(noise(random, 60 * 50 * 3));
      plans.add(
          new ImagePlan(
              List.of(new ColourStep.Saturation(1.3f), new ColourStep.Hue(10)),
              new Canvas(100, 90, 20, 30),
              new Crop(10, 10, 80, 70 - i),
              i % 2 == 0,
              RESIZES.get(i % RESIZES.size())));
    }
    float[] alone = prepareAll(1, images, plans);
    assertThat(prepareAll(3, images, plans)).containsExactly(alone);
    float sum = 0;
    for (float value : alone) {
      sum += Math.abs(value);
    }
    assertThat(sum).isPositive();
  }

  @BackendSource
  void refusesPlansThatDoNotFitTheirImage(Backend backend) {
    int[] rgb = new int[300];
    ImagePlan narrow = ImagePlan.whole(9, 10, Resize.BILINEAR);
    assertThatThrownBy(() -> prepare(backend, rgb, 10, narrow, PLAIN, 8, DType.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not lie on its canvas");
    ImagePlan outside =
        new ImagePlan(List.of(), Canvas.none(10, 10), new Crop(5, 0, 6, 5), false, Resize.BILINEAR);
    assertThatThrownBy(() -> prepare(backend, rgb, 10, outside, PLAIN, 8, DType.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not lie in");
    ImagePlan late =
        new ImagePlan(
            List.of(),
            new Canvas(20, 20, 3, 3),
            new Crop(0, 0, 13, 13),
            false,
            Resize.BILINEAR,
            List.of(new ColourStep.Hue(3)));
    assertThatThrownBy(() -> prepare(backend, rgb, 10, late, PLAIN, 8, DType.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("shows more than image")
        .hasMessageContaining("to which late steps are limited");
  }

  @Test
  void refusesPlansThatLookAtTheWholeImageTwiceOrLate() {
    ColourStep mean = new ColourStep.Blend(ColourStep.From.MEAN_GREY, 0.5f);
    ImagePlan whole = ImagePlan.whole(9, 9, Resize.AREA);
    assertThatThrownBy(() ->
            new ImagePlan(List.of(mean, mean), whole.canvas(), whole.crop(), false, whole.resize()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("plan: 2 steps blend with the mean, wanted at most one");
    assertThatThrownBy(() ->
            new ImagePlan(
                List.of(), whole.canvas(), whole.crop(), false, whole.resize(), List.of(mean)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "plan: a late step blends with the mean, which only steps before the resize may");
  }

  private static float[] prepareAll(int threads, List<int[]> images, List<ImagePlan> plans) {
    try (CpuBackend backend = CpuBackend.open(threads);
        TensorArena arena = backend.newArena()) {
      List<Tensor> tensors = new ArrayList<>();
      for (int[] rgb : images) {
        tensors.add(image(backend, arena, rgb, 60));
      }
      Tensor out = new Tensors(backend, arena).poisoned(Shape.of(images.size(), 200, 40, 3));
      backend.image().prepare(tensors, plans, Normalisation.caffe(), out);
      return backend.floats(out);
    }
  }

  private static ImagePlan plan(int side, List<ColourStep> steps) {
    return new ImagePlan(
        steps, Canvas.none(side, side), new Crop(0, 0, side, side), false, Resize.NEAREST);
  }

  private static void assertAgrees(
      Backend backend,
      int[] rgb,
      int width,
      ImagePlan plan,
      Normalisation normalisation,
      double tolerance) {
    int side = plan.colourSteps().isEmpty() && plan.lateSteps().isEmpty() ? 24 : 20;
    float[] actual = prepare(backend, rgb, width, plan, normalisation, side, DType.F32);
    double[] expected = ImageReference.prepare(rgb, width, plan, normalisation, side, side);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .describedAs("element %d of %s", i, plan)
          .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(tolerance));
    }
  }

  private static float[] prepare(
      Backend backend,
      int[] rgb,
      int width,
      ImagePlan plan,
      Normalisation normalisation,
      int side,
      DType dtype) {
    try (TensorArena arena = backend.newArena()) {
      Tensor out = arena.zeros(Shape.of(1, side, side, 3), dtype);
      backend
          .image()
          .prepare(List.of(image(backend, arena, rgb, width)), List.of(plan), normalisation, out);
      return backend.floats(out);
    }
  }

  private static Tensor image(Backend backend, TensorArena arena, int[] rgb, int width) {
    byte[] bytes = new byte[rgb.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) rgb[i];
    }
    Tensor image = arena.allocate(Shape.of(rgb.length / 3 / width, width, 3), DType.U8);
    backend.upload(MemorySegment.ofArray(bytes), image);
    return image;
  }

  private static int[] noise(SplittableRandom random, int length) {
    int[] values = new int[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextInt(256);
    }
    return values;
  }
}
