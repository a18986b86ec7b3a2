package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.ColourStep.From;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.data.ObjectSettings.Images;
import dev.multibox.data.SamplePlan.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What is drawn as NVIDIA and torchvision draw it, against what their pipelines state. */
class PublishedPlanTest {
  private static final int DRAWS = 8000;

  /** Five deviations of a share of one half among {@link #DRAWS}. */
  private static final Offset<Double> SHARE = Offset.offset(5 * 0.5 / Math.sqrt(DRAWS));

  private static final int WIDTH = 200;
  private static final int HEIGHT = 150;

  /** Two objects that few crops overlap both of. */
  private static final ImageRecord IMAGE =
      image(object(1, 20, 30, 90, 110), object(0, 120, 40, 180, 100));

  /** One that fills nearly all, so that every option succeeds often. */
  private static final ImageRecord FULL = image(object(0, 5, 5, 195, 145));

  private static SamplePlan draw(ImageRecord image, AugmentationSettings settings, int i) {
    return SamplePlan.draw(image, settings, new SampleRandom(3).sample(0, i));
  }

  @Test
  void nvidiaTwistsEveryImageBehindTheResize() {
    double saturation = 0;
    double contrast = 0;
    double brightness = 0;
    for (int i = 0; i < DRAWS; i++) {
      ImagePlan plan = draw(IMAGE, AugmentationSettings.nvidia(), i).image();
      assertThat(plan.colourSteps()).isEmpty();
      assertThat(plan.canvas()).isEqualTo(Canvas.none(WIDTH, HEIGHT));
      assertThat(plan.resize()).isEqualTo(Resize.BILINEAR_ANTIALIAS);
      assertThat(plan.lateSteps()).hasSize(1);
      ColourStep.Twist twist = (ColourStep.Twist) plan.lateSteps().getFirst();
      assertThat(twist.hueDegrees()).isBetween(-0.5f, 0.5f);
      assertThat(twist.saturation()).isBetween(0.5f, 1.5f);
      assertThat(twist.contrast()).isBetween(0.5f, 1.5f);
      assertThat(twist.brightness()).isBetween(0.875f, 1.125f);
      saturation += twist.saturation() / DRAWS;
      contrast += twist.contrast() / DRAWS;
      brightness += twist.brightness() / DRAWS;
    }
    // A deviation of 0.29 each, and of 0.07.
    assertThat(saturation).isCloseTo(1, Offset.offset(5 * 0.29 / Math.sqrt(DRAWS)));
    assertThat(contrast).isCloseTo(1, Offset.offset(5 * 0.29 / Math.sqrt(DRAWS)));
    assertThat(brightness).isCloseTo(1, Offset.offset(5 * 0.07 / Math.sqrt(DRAWS)));
  }

  @Test
  void nvidiaCropsWhatAllObjectsOverlap() {
    CropSettings.Redrawn settings =
        new CropSettings.Redrawn(
            List.of(0.3f), 1, 0.3f, 2, CropSettings.Aspect.OF_IMAGE, CropSettings.Overlap.ALL);
    int cropped = 0;
    for (int i = 0; i < DRAWS; i++) {
      Crop crop = draw(IMAGE, with(settings), i).image().crop();
      if (isWhole(crop)) {
        continue;
      }
      cropped++;
      double across = (double) crop.width() / WIDTH;
      double down = (double) crop.height() / HEIGHT;
      // Rounded down by a pixel of at least 60 and 45.
      assertThat(across / down).isBetween(0.5 * 59 / 60, 2 * 45 / 44.0);
      for (Annotation object : IMAGE.objects()) {
        assertThat(iou(crop, object)).isGreaterThanOrEqualTo(0.3 - 1e-6);
      }
    }
    // The two objects have a seventh and an eighth of the area: there are few such crops.
    assertThat(cropped).isBetween(1, DRAWS / 10);
  }

  @Test
  void torchvisionDistortsAsItsReferencesDo() {
    Map<String, Integer> drawn = new TreeMap<>();
    int contrastLast = 0;
    int both = 0;
    for (int i = 0; i < DRAWS; i++) {
      List<ColourStep> steps =
          draw(IMAGE, AugmentationSettings.torchvision(), i).image().colourSteps();
      int contrastAt = -1;
      int saturationAt = -1;
      for (int k = 0; k < steps.size(); k++) {
        switch (steps.get(k)) {
          case ColourStep.Blend(From from, float factor) -> {
            float reach = from == From.BLACK ? 0.125f : 0.5f;
            assertThat(factor).isBetween(1 - reach, 1 + reach);
            drawn.merge(from.name(), 1, Integer::sum);
            contrastAt = from == From.MEAN_GREY ? k : contrastAt;
            saturationAt = from == From.GREY ? k : saturationAt;
            assertThat(from == From.BLACK && k > 0).isFalse();
          }
          case ColourStep.ByteHue(int by) -> {
            // A twentieth of 255, towards nothing.
            assertThat(by).isBetween(-12, 12);
            assertThat(saturationAt).isLessThan(k);
            drawn.merge("HUE", 1, Integer::sum);
          }
          case ColourStep.Shuffle _ -> {
            assertThat(k).isEqualTo(steps.size() - 1);
            drawn.merge("SHUFFLE", 1, Integer::sum);
          }
          default -> throw new AssertionError("not in the references: " + steps.get(k));
        }
      }
      if (contrastAt >= 0 && saturationAt >= 0) {
        both++;
        contrastLast += contrastAt > saturationAt ? 1 : 0;
      }
    }
    assertThat(drawn).containsOnlyKeys("BLACK", "GREY", "MEAN_GREY", "HUE", "SHUFFLE");
    assertThat(drawn.values())
        .allSatisfy(count -> assertThat((double) count / DRAWS).isCloseTo(0.5, SHARE));
    assertThat((double) contrastLast / both).isCloseTo(0.5, Offset.offset(2 * SHARE.value));
  }

  @Test
  void torchvisionCropsWhatAnObjectWithinOverlaps() {
    CropSettings.Redrawn settings =
        new CropSettings.Redrawn(
            List.of(0.5f),
            40,
            0.3f,
            2,
            CropSettings.Aspect.OF_CROP,
            CropSettings.Overlap.ONE_WITHIN);
    int cropped = 0;
    for (int i = 0; i < DRAWS; i++) {
      SamplePlan plan = draw(IMAGE, with(settings), i);
      Crop crop = plan.image().crop();
      if (isWhole(crop)) {
        assertThat(plan.targets()).hasSize(2);
        continue;
      }
      cropped++;
      assertThat((double) crop.width() / crop.height()).isBetween(0.5, 2.0);
      List<Annotation> within =
          IMAGE.objects().stream().filter(object -> isWithin(crop, object)).toList();
      assertThat(within).anyMatch(object -> iou(crop, object) >= 0.5 - 1e-6);
      assertThat(plan.targets())
          .extracting(Target::label)
          .containsExactlyElementsOf(within.stream().map(Annotation::label).toList());
    }
    // Forty trials seldom fail, so that either option is about as likely.
    assertThat((double) cropped / DRAWS).isBetween(0.4, 0.5 + SHARE.value);
  }

  /** One option of seven keeps the image; the others seldom fail on an object that fills it. */
  @Test
  void torchvisionKeepsASeventhOfImagesWhole() {
    AugmentationSettings lite = AugmentationSettings.torchvisionLite();
    int whole = 0;
    for (int i = 0; i < DRAWS; i++) {
      whole += isWhole(draw(FULL, lite, i).image().crop()) ? 1 : 0;
    }
    assertThat((double) whole / DRAWS).isBetween(1 / 7.0 - SHARE.value, 1 / 6.0 + SHARE.value);
  }

  @Test
  void crowdsAreObjectsForNvidiaAlone() {
    Annotation crowd = new Annotation(2, 10, 10, 60, 60, false, true, 2500);
    Annotation thin = new Annotation(1, 10, 10, 10.05f, 60, false, false, 3);
    ImageRecord image = image(crowd, thin, object(0, 70, 10, 90, 60));

    assertThat(labels(image, ObjectSettings.dali())).containsExactly(3, 1);
    assertThat(labels(image, ObjectSettings.torchvision())).containsExactly(2, 1);
    assertThat(labels(image, ObjectSettings.caffe())).containsExactly(2, 1);
  }

  @Test
  void imagesAreKeptByAllTheirObjects() {
    ImageRecord empty = image();
    ImageRecord crowd = image(new Annotation(0, 1, 1, 50, 50, false, true, 2401));
    ImageRecord pixel = image(object(0, 4, 4, 5, 40));
    ImageRecord speck = image(object(0, 4, 4, 4.05f, 40));

    assertThat(kept(Images.ALL, empty, crowd, pixel, speck)).isEqualTo(4);
    assertThat(kept(Images.WITH_OBJECTS, empty, speck)).isZero();
    assertThat(kept(Images.WITH_OBJECTS, crowd, pixel)).isEqualTo(2);
    assertThat(kept(Images.WITH_OBJECTS_OVER_A_PIXEL, empty, pixel, speck)).isZero();
    assertThat(kept(Images.WITH_OBJECTS_OVER_A_PIXEL, crowd)).isEqualTo(1);
  }

  private static int kept(Images images, ImageRecord... records) {
    Dataset dataset = new Dataset("some", List.of("thing"), List.of(records));
    return new ObjectSettings(true, false, 0, images).select(dataset).size();
  }

  /** Such an image is torchvision's where it has nothing but crowds: it is never cropped. */
  @Test
  void anImageWithoutObjectsIsLeftWhole() {
    for (int i = 0; i < 100; i++) {
      SamplePlan plan = draw(image(), AugmentationSettings.torchvisionLite(), i);
      assertThat(isWhole(plan.image().crop())).isTrue();
      assertThat(plan.targets()).isEmpty();
    }
  }

  @Test
  void everyTargetLiesInTheInput() {
    for (AugmentationSettings settings :
        List.of(AugmentationSettings.nvidia(), AugmentationSettings.torchvision())) {
      for (int i = 0; i < 1000; i++) {
        List<Target> targets = draw(IMAGE, settings, i).targets();
        assertThat(targets).isNotEmpty();
        for (Target target : targets) {
          assertThat(target.xmin()).isBetween(0f, target.xmax());
          assertThat(target.ymin()).isBetween(0f, target.ymax());
          assertThat(target.xmax()).isGreaterThan(target.xmin()).isLessThanOrEqualTo(1);
          assertThat(target.ymax()).isGreaterThan(target.ymin()).isLessThanOrEqualTo(1);
        }
      }
    }
  }

  private static List<Integer> labels(ImageRecord image, ObjectSettings objects) {
    AugmentationSettings none = AugmentationSettings.none();
    AugmentationSettings settings =
        new AugmentationSettings(
            none.colours(), none.expand(), none.crop(), 0, none.resizes(), objects);
    return draw(image, settings, 0).targets().stream().map(Target::label).toList();
  }

  private static AugmentationSettings with(CropSettings crop) {
    AugmentationSettings none = AugmentationSettings.none();
    return new AugmentationSettings(
        none.colours(), none.expand(), crop, 0, none.resizes(), none.objects());
  }

  private static boolean isWhole(Crop crop) {
    return crop.equals(new Crop(0, 0, WIDTH, HEIGHT));
  }

  private static boolean isWithin(Crop crop, Annotation object) {
    double cx = (object.xmin() + object.xmax()) / 2.0 - crop.left();
    double cy = (object.ymin() + object.ymax()) / 2.0 - crop.top();
    return cx > 0 && cx < crop.width() && cy > 0 && cy < crop.height();
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

  private static Annotation object(int category, float x0, float y0, float x1, float y1) {
    return new Annotation(category, x0, y0, x1, y1, false, false, (x1 - x0) * (y1 - y0));
  }

  private static ImageRecord image(Annotation... objects) {
    return new ImageRecord("image", Path.of("image.jpg"), WIDTH, HEIGHT, List.of(objects));
  }
}
