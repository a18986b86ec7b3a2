package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.data.CropDraw.Cut;
import dev.multibox.data.SamplePlan.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Draws {@link SamplePlan}s. Canvas and crop are whole pixels, and the boxes are moved by the same
 * whole numbers, so boxes and pixels agree exactly.
 */
final class PlanDraw {
  private final AugmentationSettings settings;
  private final RandomGenerator random;

  PlanDraw(AugmentationSettings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
  }

  SamplePlan draw(ImageRecord image) {
    ColourDraw colours = new ColourDraw(random);
    List<ColourStep> early = colours.early(settings.colours());
    Canvas canvas = canvas(image.width(), image.height());
    List<Annotation> objects = new ArrayList<>();
    for (Annotation object : image.objects()) {
      if (settings.objects().includes(object)) {
        objects.add(onCanvas(object, canvas));
      }
    }
    Cut cut = new CropDraw(random, canvas, objects).draw(settings.crop());
    boolean flipped = chance(settings.flipProbability());
    ImagePlan.Resize resize = settings.resizes().get(random.nextInt(settings.resizes().size()));
    List<ColourStep> late = colours.late(settings.colours());
    return new SamplePlan(
        new ImagePlan(early, canvas, cut.crop(), flipped, resize, late),
        cut.objects().stream().map(object -> target(object, cut, flipped)).toList());
  }

  private Canvas canvas(int width, int height) {
    if (!chance(settings.expand().probability())) {
      return Canvas.none(width, height);
    }
    double ratio = between(random, 1, settings.expand().maxRatio());
    int canvasWidth = (int) (width * ratio);
    int canvasHeight = (int) (height * ratio);
    int left = random.nextInt(canvasWidth - width + 1);
    int top = random.nextInt(canvasHeight - height + 1);
    return new Canvas(canvasWidth, canvasHeight, left, top);
  }

  private static Annotation onCanvas(Annotation object, Canvas canvas) {
    return new Annotation(
        object.category(),
        object.xmin() + canvas.left(),
        object.ymin() + canvas.top(),
        object.xmax() + canvas.left(),
        object.ymax() + canvas.top(),
        object.difficult(),
        object.crowd(),
        object.area());
  }

  private static Target target(Annotation object, Cut cut, boolean flipped) {
    ImagePlan.Crop crop = cut.crop();
    float left = Math.max(0, object.xmin() - crop.left()) / crop.width();
    float right = Math.min(object.xmax() - crop.left(), crop.width()) / crop.width();
    return new Target(
        object.label(),
        flipped ? 1 - right : left,
        Math.max(0, object.ymin() - crop.top()) / crop.height(),
        flipped ? 1 - left : right,
        Math.min(object.ymax() - crop.top(), crop.height()) / crop.height());
  }

  private boolean chance(float probability) {
    return random.nextDouble() < probability;
  }
}
