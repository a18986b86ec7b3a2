package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.data.CropSettings.Redrawn;
import dev.multibox.data.CropSettings.Sampled;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws the crop of one image, as {@link CropSettings} say. */
final class CropDraw {
  private final RandomGenerator random;
  private final Canvas canvas;
  private final List<Annotation> objects;

  /** What is cut out, and the objects that stay. */
  record Cut(Crop crop, List<Annotation> objects) {}

  /** For an image with these objects on its canvas. */
  CropDraw(RandomGenerator random, Canvas canvas, List<Annotation> objects) {
    this.random = random;
    this.canvas = canvas;
    this.objects = objects;
  }

  Cut draw(CropSettings settings) {
    return switch (settings) {
      case Sampled sampled -> {
        Crop crop = sampled(sampled);
        yield new Cut(crop, objects.stream().filter(object -> touches(crop, object)).toList());
      }
      case Redrawn redrawn -> redrawn(redrawn);
    };
  }

  private Crop whole() {
    return new Crop(0, 0, canvas.width(), canvas.height());
  }

  private Crop sampled(Sampled settings) {
    List<Crop> found = new ArrayList<>();
    found.add(whole());
    if (!objects.isEmpty()) {
      for (float minIou : settings.minIous()) {
        for (int trial = 0; trial < settings.trials(); trial++) {
          Crop crop = sample(settings);
          if (objects.stream().anyMatch(object -> iou(crop, object) >= minIou)) {
            found.add(crop);
            break;
          }
        }
      }
    }
    return found.get(random.nextInt(found.size()));
  }

  private Crop sample(Sampled settings) {
    double scale = between(random, settings.minScale(), 1);
    double maxAspect = settings.maxAspect();
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

  private Cut redrawn(Redrawn settings) {
    while (true) {
      int option = random.nextInt(settings.minIous().size() + 1);
      if (option == settings.minIous().size()) {
        return new Cut(whole(), objects);
      }
      float minIou = settings.minIous().get(option);
      for (int trial = 0; trial < settings.trials(); trial++) {
        Cut cut = attempt(settings, minIou);
        if (!cut.objects.isEmpty()) {
          return cut;
        }
      }
    }
  }

  /** A crop; without objects if it is not one that was asked for. */
  private Cut attempt(Redrawn settings, float minIou) {
    double across = between(random, settings.minScale(), 1);
    double down = between(random, settings.minScale(), 1);
    int width = (int) (canvas.width() * across);
    int height = (int) (canvas.height() * down);
    double ratio =
        switch (settings.aspect()) {
          case OF_CROP -> (double) width / height;
          case OF_IMAGE -> across / down;
        };
    boolean isWithin = ratio <= settings.maxAspect() && ratio >= 1 / (double) settings.maxAspect();
    if (width == 0 || height == 0 || !isWithin) {
      return new Cut(whole(), List.of());
    }
    int left = (int) ((canvas.width() - width) * random.nextDouble());
    int top = (int) ((canvas.height() - height) * random.nextDouble());
    Crop crop = new Crop(left, top, width, height);
    List<Annotation> within = objects.stream().filter(object -> holds(crop, object)).toList();
    boolean overlaps =
        switch (settings.overlap()) {
          case ONE_WITHIN -> within.stream().anyMatch(object -> iou(crop, object) >= minIou);
          case ALL -> objects.stream().allMatch(object -> iou(crop, object) >= minIou);
        };
    return new Cut(crop, overlaps ? within : List.of());
  }

  /** Whether the centre lies in the crop or on its edge. */
  private static boolean touches(Crop crop, Annotation object) {
    float cx = (object.xmin() - crop.left() + (object.xmax() - crop.left())) / 2;
    float cy = (object.ymin() - crop.top() + (object.ymax() - crop.top())) / 2;
    return cx >= 0 && cx <= crop.width() && cy >= 0 && cy <= crop.height();
  }

  /** Whether the centre lies within the crop. */
  private static boolean holds(Crop crop, Annotation object) {
    float cx = (object.xmin() + object.xmax()) / 2;
    float cy = (object.ymin() + object.ymax()) / 2;
    return crop.left() < cx
        && cx < crop.left() + crop.width()
        && crop.top() < cy
        && cy < crop.top() + crop.height();
  }

  private static float iou(Crop crop, Annotation object) {
    float right = Math.min(object.xmax(), crop.left() + crop.width());
    float bottom = Math.min(object.ymax(), crop.top() + crop.height());
    float width = Math.max(0, right - Math.max(object.xmin(), crop.left()));
    float height = Math.max(0, bottom - Math.max(object.ymin(), crop.top()));
    float both = width * height;
    float own = (object.xmax() - object.xmin()) * (object.ymax() - object.ymin());
    return both / (own + (float) crop.width() * crop.height() - both);
  }
}
