package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Backend;
import dev.multibox.backend.ColourStep;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.SamplePlan.Target;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SamplePlanTest {
  private static final int DRAWS = 8000;

  /** Five deviations of a share of one half among {@link #DRAWS}. */
  private static final Offset<Double> SHARE = Offset.offset(5 * 0.5 / Math.sqrt(DRAWS));

  private static final Normalisation PLAIN =
      new Normalisation(0, 0, 0, 1, 1, 1, Normalisation.ChannelOrder.RGB);

  private static final ImageRecord IMAGE =
      image(200, 150, object(1, 20, 30, 90, 110), object(0, 120, 40, 180, 100));

  @Test
  void evaluationSeesTheWholeImage() {
    SamplePlan plan = SamplePlan.draw(IMAGE, AugmentationSettings.none(), new SplittableRandom(1));
    assertThat(plan.image()).isEqualTo(ImagePlan.whole(200, 150, Resize.BILINEAR));
    assertThat(plan.targets())
        .containsExactly(
            new Target(2, 20 / 200f, 30 / 150f, 90 / 200f, 110 / 150f),
            new Target(1, 120 / 200f, 40 / 150f, 180 / 200f, 100 / 150f));
  }

  @Test
  void theSameGeneratorGivesTheSamePlan() {
    for (int i = 0; i < 50; i++) {
      assertThat(draw(AugmentationSettings.caffe(), i))
          .isEqualTo(draw(AugmentationSettings.caffe(), i));
    }
    assertThat(draw(AugmentationSettings.caffe(), 0))
        .isNotEqualTo(draw(AugmentationSettings.caffe(), 1));
  }

  @Test
  void coloursAreDrawnAsInTheRelease() {
    int brightness = 0;
    int contrast = 0;
    int saturation = 0;
    int hue = 0;
    int contrastLast = 0;
    int both = 0;
    double deltas = 0;
    for (int i = 0; i < DRAWS; i++) {
      List<ColourStep> steps = draw(AugmentationSettings.caffe(), i).image().colourSteps();
      int contrastAt = -1;
      int saturationAt = -1;
      for (int k = 0; k < steps.size(); k++) {
        switch (steps.get(k)) {
          case ColourStep.Brightness(float delta) -> {
            brightness++;
            deltas += delta;
            assertThat(k).isZero();
            assertThat(delta).isBetween(-32f, 32f);
          }
          case ColourStep.Contrast(float factor) -> {
            contrast++;
            contrastAt = k;
            assertThat(factor).isBetween(0.5f, 1.5f);
          }
          case ColourStep.Saturation(float factor) -> {
            saturation++;
            saturationAt = k;
            assertThat(factor).isBetween(0.5f, 1.5f);
          }
          case ColourStep.Hue(float degrees) -> {
            hue++;
            assertThat(degrees).isBetween(-36f, 36f);
            assertThat(saturationAt == -1 || saturationAt < k).isTrue();
          }
          default -> throw new AssertionError("not in the release: " + steps.get(k));
        }
      }
      if (contrastAt >= 0 && saturationAt >= 0) {
        both++;
        contrastLast += contrastAt > saturationAt ? 1 : 0;
      }
    }
    for (int count : new int[] {brightness, contrast, saturation, hue}) {
      assertThat((double) count / DRAWS).isCloseTo(0.5, SHARE);
    }
    assertThat((double) contrastLast / both).isCloseTo(0.5, Offset.offset(2 * SHARE.value));
    // The deviation of U[-32, 32] is 18.5.
    assertThat(deltas / brightness).isCloseTo(0, Offset.offset(5 * 18.5 / Math.sqrt(brightness)));
  }

  @Test
  void canvasesFlipsAndResizesAreDrawnAsInTheRelease() {
    int expanded = 0;
    int flipped = 0;
    double ratios = 0;
    double lefts = 0;
    Map<Resize, Integer> resizes = new EnumMap<>(Resize.class);
    for (int i = 0; i < DRAWS; i++) {
      ImagePlan plan = draw(AugmentationSettings.caffe(), i).image();
      Canvas canvas = plan.canvas();
      if (canvas.width() > 200) {
        expanded++;
        double ratio = canvas.width() / 200.0;
        assertThat(ratio).isBetween(1.0, 4.0);
        assertThat(canvas.height()).isCloseTo((int) (150 * ratio), Offset.offset(1));
        ratios += ratio;
        lefts += canvas.left() / (canvas.width() - 200.0);
      }
      flipped += plan.flipped() ? 1 : 0;
      resizes.merge(plan.resize(), 1, Integer::sum);
    }
    assertThat((double) expanded / DRAWS).isCloseTo(0.5, SHARE);
    assertThat((double) flipped / DRAWS).isCloseTo(0.5, SHARE);
    // Deviations of U[1, 4] and U[0, 1]: 0.87 and 0.29.
    assertThat(ratios / expanded).isCloseTo(2.5, Offset.offset(5 * 0.87 / Math.sqrt(expanded)));
    assertThat(lefts / expanded).isCloseTo(0.5, Offset.offset(5 * 0.29 / Math.sqrt(expanded)));
    assertThat(resizes.keySet())
        .containsExactlyInAnyOrder(
            Resize.BILINEAR, Resize.AREA, Resize.NEAREST, Resize.BICUBIC, Resize.LANCZOS4);
    assertThat(resizes.values())
        .allSatisfy(count -> assertThat((double) count / DRAWS).isCloseTo(0.2, SHARE));
  }

  @Test
  void cropsHaveTheScalesAndRatiosOfTheRelease() {
    int whole = 0;
    double least = 1;
    for (int i = 0; i < DRAWS; i++) {
      ImagePlan plan = draw(AugmentationSettings.caffe(), i).image();
      double w = (double) plan.crop().width() / plan.canvas().width();
      double h = (double) plan.crop().height() / plan.canvas().height();
      // Half a pixel of rounding on sides of at least 60 and 45 pixels.
      assertThat(Math.sqrt(w * h)).isBetween(0.29, 1.0);
      assertThat(w / h).isBetween(0.48, 2.08);
      least = Math.min(least, Math.sqrt(w * h));
      whole += w == 1 && h == 1 ? 1 : 0;
    }
    assertThat(least).isLessThan(0.32);
    // One of seven where every sampler succeeds, more where the high thresholds do not.
    assertThat((double) whole / DRAWS).isBetween(1 / 7.0 - 0.02, 0.4);
  }

  @Test
  void aCropKeepsTheIouAskedForWithOneObjectAtLeast() {
    for (float minIou : new float[] {0.1f, 0.3f, 0.5f, 0.7f}) {
      AugmentationSettings settings =
          withCrop(new CropSettings.Sampled(List.of(minIou), 50, 0.3f, 2));
      int cropped = 0;
      for (int i = 0; i < 500; i++) {
        Crop crop = draw(settings, i).image().crop();
        if (crop.width() < 200 || crop.height() < 150) {
          cropped++;
          double best =
              Math.max(iou(crop, IMAGE.objects().get(0)), iou(crop, IMAGE.objects().get(1)));
          assertThat(best).isGreaterThanOrEqualTo(minIou - 1e-6);
        }
      }
      assertThat(cropped).isPositive();
    }
  }

  @Test
  void imagesWithoutObjectsAreNeverCropped() {
    ImageRecord empty = image(200, 150);
    for (int i = 0; i < 300; i++) {
      SamplePlan plan =
          SamplePlan.draw(empty, AugmentationSettings.caffe(), new SplittableRandom(i));
      Canvas canvas = plan.image().canvas();
      assertThat(plan.image().crop()).isEqualTo(new Crop(0, 0, canvas.width(), canvas.height()));
      assertThat(plan.targets()).isEmpty();
    }
  }

  @Test
  void difficultObjectsAreASettingAndCrowdsAreLeftOut() {
    ImageRecord image =
        image(
            100,
            100,
            new Annotation(0, 1, 1, 20, 20, true, false, 361),
            new Annotation(1, 1, 1, 20, 20, false, true, 361),
            new Annotation(2, 1, 1, 20, 20, false, false, 361));
    AugmentationSettings with = AugmentationSettings.none();
    AugmentationSettings without =
        new AugmentationSettings(
            with.colours(),
            with.expand(),
            with.crop(),
            0,
            with.resizes(),
            new ObjectSettings(false, false, 0, ObjectSettings.Images.ALL));
    assertThat(SamplePlan.draw(image, with, new SplittableRandom(1)).targets())
        .extracting(Target::label)
        .containsExactly(1, 3);
    assertThat(SamplePlan.draw(image, without, new SplittableRandom(1)).targets())
        .extracting(Target::label)
        .containsExactly(3);
  }

  @Test
  void boxesEncloseExactlyThePixelsOfTheirObject() {
    AugmentationSettings caffe = AugmentationSettings.caffe();
    AugmentationSettings settings =
        new AugmentationSettings(
            AugmentationSettings.none().colours(),
            caffe.expand(),
            new CropSettings.Sampled(List.of(0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 0f), 50, 0.1f, 2),
            0.5f,
            List.of(Resize.NEAREST),
            ObjectSettings.caffe());
    SplittableRandom random = new SplittableRandom(11);
    int lost = 0;
    try (CpuBackend backend = CpuBackend.open(1)) {
      for (int i = 0; i < 400; i++) {
        int left = random.nextInt(40);
        int top = random.nextInt(30);
        ImageRecord image =
            image(
                60,
                50,
                object(0, left, top, left + 5 + random.nextInt(15), top + 5 + random.nextInt(15)),
                // Crops are drawn round this one, and may leave the other out.
                new Annotation(1, 30, 20, 55, 45, true, false, 1));
        SamplePlan plan = SamplePlan.draw(image, settings, random.split());
        lost += check(backend, image, plan) ? 0 : 1;
      }
    }
    assertThat(lost).isBetween(5, 300);
  }

  /** Compares with the box of the marked pixels; whether the object was kept. */
  private static boolean check(Backend backend, ImageRecord image, SamplePlan plan) {
    int width = plan.image().crop().width();
    int height = plan.image().crop().height();
    float[] seen = new float[width * height * 3];
    try (TensorArena arena = backend.newArena()) {
      // As many pixels as the crop has, so that each is one of the image's.
      Tensor out = arena.zeros(Shape.of(1, height, width, 3), DType.F32);
      Tensor pixels = marked(image).hostTensor(arena);
      backend.image().prepare(List.of(pixels), List.of(plan.image()), PLAIN, out);
      seen = backend.floats(out);
    }
    float[] box = {width, height, 0, 0};
    for (int i = 0; i < width * height; i++) {
      if (seen[i * 3] > 0) {
        box[0] = Math.min(box[0], i % width);
        box[1] = Math.min(box[1], Math.floorDiv(i, width));
        box[2] = Math.max(box[2], i % width + 1);
        box[3] = Math.max(box[3], Math.floorDiv(i, width) + 1);
      }
    }
    for (Target target : plan.targets()) {
      if (target.label() == 1) {
        assertThat(
                new float[] {
                  target.xmin() * width,
                  target.ymin() * height,
                  target.xmax() * width,
                  target.ymax() * height
                })
            .containsExactly(box, Offset.offset(1e-3f));
        return true;
      }
    }
    Annotation object = image.objects().getFirst();
    double cx = (object.xmin() + object.xmax()) / 2 + plan.image().canvas().left();
    double cy = (object.ymin() + object.ymax()) / 2 + plan.image().canvas().top();
    Crop crop = plan.image().crop();
    assertThat(
            cx >= crop.left()
                && cx <= crop.left() + crop.width()
                && cy >= crop.top()
                && cy <= crop.top() + crop.height())
        .isFalse();
    return false;
  }

  private static PixelBuffer marked(ImageRecord image) {
    byte[] rgb = new byte[image.width() * image.height() * 3];
    Annotation object = image.objects().getFirst();
    for (int y = (int) object.ymin(); y < object.ymax(); y++) {
      for (int x = (int) object.xmin(); x < object.xmax(); x++) {
        rgb[(y * image.width() + x) * 3] = (byte) 200;
      }
    }
    return new PixelBuffer(image.width(), image.height(), rgb);
  }

  @Test
  void everyTargetLiesInTheInput() {
    for (AugmentationSettings settings :
        List.of(AugmentationSettings.caffe(), AugmentationSettings.light())) {
      for (int i = 0; i < 1000; i++) {
        for (Target target : draw(settings, i).targets()) {
          assertThat(target.xmin()).isBetween(0f, target.xmax());
          assertThat(target.ymin()).isBetween(0f, target.ymax());
          assertThat(target.xmax()).isGreaterThan(target.xmin()).isLessThanOrEqualTo(1);
          assertThat(target.ymax()).isGreaterThan(target.ymin()).isLessThanOrEqualTo(1);
        }
      }
    }
  }

  private static double iou(Crop crop, Annotation object) {
    double w =
        Math.min(object.xmax(), crop.left() + crop.width()) - Math.max(object.xmin(), crop.left());
    double h =
        Math.min(object.ymax(), crop.top() + crop.height()) - Math.max(object.ymin(), crop.top());
    double both = Math.max(0, w) * Math.max(0, h);
    double own = (object.xmax() - object.xmin()) * (object.ymax() - object.ymin());
    return both / (own + crop.width() * crop.height() - both);
  }

  private static AugmentationSettings withCrop(CropSettings crop) {
    AugmentationSettings none = AugmentationSettings.none();
    return new AugmentationSettings(
        none.colours(), none.expand(), crop, 0, none.resizes(), none.objects());
  }

  private static SamplePlan draw(AugmentationSettings settings, int index) {
    return SamplePlan.draw(IMAGE, settings, new SampleRandom(5).sample(0, index));
  }

  private static Annotation object(int category, float x0, float y0, float x1, float y1) {
    return new Annotation(category, x0, y0, x1, y1, false, false, (x1 - x0) * (y1 - y0));
  }

  private static ImageRecord image(int width, int height, Annotation... objects) {
    return new ImageRecord("image", Path.of("image.jpg"), width, height, List.of(objects));
  }
}
