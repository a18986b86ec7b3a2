package dev.multibox.box;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Checks;
import dev.multibox.backend.Priors;
import dev.multibox.box.PriorSettings.Level;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * The priors of a network: {@link PriorSettings} laid over its feature maps. Computed in double and
 * rounded once, so that corner and centre form each are the nearest float.
 */
public final class PriorBoxes {
  private final float[] corners;
  private final float[] centres;

  private PriorBoxes(int count) {
    corners = new float[4 * count];
    centres = new float[4 * count];
  }

  /**
   * The priors of all levels, ordered by level, row, column, shape. A cell's centre is {@code (i +
   * 0.5) step / input}, with the stated step where there is one, else {@code (i + 0.5) / map}; a
   * stated step can put it outside of the image.
   *
   * @param maps {@code [N, H, W, C]} of each feature map
   * @param inputHeight rows of the network's input
   * @param inputWidth columns of the network's input
   */
  public static PriorBoxes of(
      PriorSettings settings, List<Shape> maps, int inputHeight, int inputWidth) {
    Checks.require(
        "priors",
        settings.levels().size() == maps.size(),
        "%d levels for %d feature maps",
        settings.levels().size(),
        maps.size());
    long count = 0;
    for (int i = 0; i < maps.size(); i++) {
      Shape map = maps.get(i);
      count += map.dim(1) * map.dim(2) * settings.levels().get(i).priorsPerCell();
    }
    PriorBoxes boxes = new PriorBoxes(Math.toIntExact(count));
    int next = 0;
    for (int i = 0; i < maps.size(); i++) {
      Level level = settings.levels().get(i);
      double[][] shapes = shapes(level);
      int height = maps.get(i).intDim(1);
      int width = maps.get(i).intDim(2);
      double stepY = level.stepPixels() == 0 ? 1.0 / height : level.stepPixels() / inputHeight;
      double stepX = level.stepPixels() == 0 ? 1.0 / width : level.stepPixels() / inputWidth;
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          for (double[] shape : shapes) {
            boxes.put(
                next++, settings.clip(), (x + 0.5) * stepX, (y + 0.5) * stepY, shape[0], shape[1]);
          }
        }
      }
    }
    return boxes;
  }

  /** Width and height of each prior of a cell. */
  private static double[][] shapes(Level level) {
    double[][] shapes = new double[level.priorsPerCell()][];
    double size = level.size();
    double between = Math.sqrt(size * level.nextSize());
    shapes[0] = new double[] {size, size};
    shapes[1] = new double[] {between, between};
    for (int i = 0; i < level.ratios().size(); i++) {
      double root = Math.sqrt(level.ratios().get(i));
      shapes[2 + 2 * i] = new double[] {size * root, size / root};
      shapes[3 + 2 * i] = new double[] {size / root, size * root};
    }
    return shapes;
  }

  private void put(int index, PriorSettings.Clip clip, double cx, double cy, double w, double h) {
    switch (clip) {
      case NONE -> putCentre(index, cx, cy, w, h);
      case CENTRE_FORM -> putCentre(index, clamp(cx), clamp(cy), clamp(w), clamp(h));
      case SIZE -> putCentre(index, cx, cy, clamp(w), clamp(h));
      case CORNERS -> {
        double xmin = clamp(cx - w / 2);
        double ymin = clamp(cy - h / 2);
        double xmax = clamp(cx + w / 2);
        double ymax = clamp(cy + h / 2);
        putCentre(index, (xmin + xmax) / 2, (ymin + ymax) / 2, xmax - xmin, ymax - ymin);
      }
    }
  }

  private void putCentre(int index, double cx, double cy, double w, double h) {
    int at = 4 * index;
    centres[at] = (float) cx;
    centres[at + 1] = (float) cy;
    centres[at + 2] = (float) w;
    centres[at + 3] = (float) h;
    corners[at] = (float) (cx - w / 2);
    corners[at + 1] = (float) (cy - h / 2);
    corners[at + 2] = (float) (cx + w / 2);
    corners[at + 3] = (float) (cy + h / 2);
  }

  private static double clamp(double value) {
    return Math.clamp(value, 0.0, 1.0);
  }

  /** {@code P}. */
  public int count() {
    return corners.length / 4;
  }

  /** {@code [P, 4]}, xmin ymin xmax ymax. */
  public float[] corners() {
    return corners.clone();
  }

  /** {@code [P, 4]}, cx cy w h. */
  public float[] centres() {
    return centres.clone();
  }

  /** Both forms as tensors in {@code arena}. */
  public Priors upload(Backend backend, TensorArena arena) {
    Tensor cornerTensor = arena.allocate(Shape.of(count(), 4), DType.F32);
    Tensor centreTensor = arena.allocate(Shape.of(count(), 4), DType.F32);
    backend.upload(corners, cornerTensor);
    backend.upload(centres, centreTensor);
    return new Priors(cornerTensor, centreTensor);
  }
}
