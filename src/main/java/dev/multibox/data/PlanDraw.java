package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
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
    List<ColourStep> colours = colours();
    Canvas canvas = canvas(image.width(), image.height());
    List<Annotation> objects = new ArrayList<>();
    for (Annotation object : image.objects()) {
      if (!object.crowd() && (settings.useDifficult() || !object.difficult())) {
        objects.add(onCanvas(object, canvas));
      }
    }
    Crop crop = crop(canvas, objects);
    boolean flipped = chance(settings.flipProbability());
    ImagePlan.Resize resize = settings.resizes().get(random.nextInt(settings.resizes().size()));
    return new SamplePlan(
        new ImagePlan(colours, canvas, crop, flipped, resize), targets(objects, crop, flipped));
  }

  private List<ColourStep> colours() {
    AugmentationSettings.Colours colours = settings.colours();
    List<ColourStep> steps = new ArrayList<>();
    boolean contrastSecond = chance(0.5f);
    if (chance(colours.probability())) {
      steps.add(new ColourStep.Brightness(around(0, colours.brightness())));
    }
    if (contrastSecond) {
      addContrast(steps);
    }
    if (chance(colours.probability())) {
      steps.add(new ColourStep.Saturation(around(1, colours.saturation())));
    }
    if (chance(colours.probability())) {
      steps.add(new ColourStep.Hue(around(0, colours.hueDegrees())));
    }
    if (!contrastSecond) {
      addContrast(steps);
    }
    if (chance(colours.shuffleProbability())) {
      int[] order = SampleRandom.permutation(random, 3);
      steps.add(new ColourStep.Shuffle(order[0], order[1], order[2]));
    }
    return steps;
  }

  private void addContrast(List<ColourStep> steps) {
    if (chance(settings.colours().probability())) {
      steps.add(new ColourStep.Contrast(around(1, settings.colours().contrast())));
    }
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

  private Crop crop(Canvas canvas, List<Annotation> objects) {
    List<Crop> found = new ArrayList<>();
    found.add(new Crop(0, 0, canvas.width(), canvas.height()));
    if (!objects.isEmpty()) {
      for (float minIou : settings.crop().minIous()) {
        for (int trial = 0; trial < settings.crop().trials(); trial++) {
          Crop crop = anyCrop(canvas);
          if (largestIou(crop, objects) >= minIou) {
            found.add(crop);
            break;
          }
        }
      }
    }
    return found.get(random.nextInt(found.size()));
  }

  private Crop anyCrop(Canvas canvas) {
    double scale = between(random, settings.crop().minScale(), 1);
    double maxAspect = settings.crop().maxAspect();
    double lowest = Math.max(1 / maxAspect, scale * scale);
    double highest = Math.min(maxAspect, 1 / (scale * scale));
    double root = Math.sqrt(between(random, lowest, highest));
    int width = side(canvas.width(), scale * root);
    int height = side(canvas.height(), scale / root);
    int left = random.nextInt(canvas.width() - width + 1);
    int top = random.nextInt(canvas.height() - height + 1);
    return new Crop(left, top, width, height);
  }

  // Rounding may bring the share above 1, and a narrow image's below one pixel.
  private static int side(int full, double share) {
    return Math.clamp(Math.round(full * share), 1, full);
  }

  private static float largestIou(Crop crop, List<Annotation> objects) {
    float largest = 0;
    for (Annotation object : objects) {
      float right = Math.min(object.xmax(), crop.left() + crop.width());
      float bottom = Math.min(object.ymax(), crop.top() + crop.height());
      float width = Math.max(0, right - Math.max(object.xmin(), crop.left()));
      float height = Math.max(0, bottom - Math.max(object.ymin(), crop.top()));
      float both = width * height;
      float own = (object.xmax() - object.xmin()) * (object.ymax() - object.ymin());
      largest = Math.max(largest, both / (own + (float) crop.width() * crop.height() - both));
    }
    return largest;
  }

  private static List<Target> targets(List<Annotation> objects, Crop crop, boolean flipped) {
    List<Target> targets = new ArrayList<>();
    for (Annotation object : objects) {
      float xmin = object.xmin() - crop.left();
      float ymin = object.ymin() - crop.top();
      float xmax = object.xmax() - crop.left();
      float ymax = object.ymax() - crop.top();
      float cx = (xmin + xmax) / 2;
      float cy = (ymin + ymax) / 2;
      if (cx >= 0 && cx <= crop.width() && cy >= 0 && cy <= crop.height()) {
        float left = Math.max(0, xmin) / crop.width();
        float right = Math.min(xmax, crop.width()) / crop.width();
        targets.add(
            new Target(
                object.label(),
                flipped ? 1 - right : left,
                Math.max(0, ymin) / crop.height(),
                flipped ? 1 - left : right,
                Math.min(ymax, crop.height()) / crop.height()));
      }
    }
    return targets;
  }

  private boolean chance(float probability) {
    return random.nextDouble() < probability;
  }

  private float around(double centre, double reach) {
    return (float) between(random, centre - reach, centre + reach);
  }
}
