package dev.multibox.backend;

import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;

/** Priors from values, the other form computed in double. */
final class PriorTensors {
  private PriorTensors() {}

  static Priors ofCorners(Tensors tensors, float[] corners) {
    return of(tensors, corners, centres(corners));
  }

  static Priors ofCentres(Tensors tensors, float[] centres) {
    return of(tensors, corners(centres), centres);
  }

  private static Priors of(Tensors tensors, float[] corners, float[] centres) {
    Shape shape = Shape.of(corners.length / 4, 4);
    return new Priors(tensors.floats(shape, corners), tensors.floats(shape, centres));
  }

  static float[] centres(float[] corners) {
    float[] centres = new float[corners.length];
    for (int i = 0; i < corners.length; i += 4) {
      for (int j = 0; j < 2; j++) {
        centres[i + j] = (float) (((double) corners[i + j] + corners[i + j + 2]) / 2);
        centres[i + j + 2] = (float) ((double) corners[i + j + 2] - corners[i + j]);
      }
    }
    return centres;
  }

  static float[] corners(float[] centres) {
    float[] corners = new float[centres.length];
    for (int i = 0; i < corners.length; i += 4) {
      for (int j = 0; j < 2; j++) {
        corners[i + j] = (float) (centres[i + j] - 0.5 * centres[i + j + 2]);
        corners[i + j + 2] = (float) (centres[i + j] + 0.5 * centres[i + j + 2]);
      }
    }
    return corners;
  }
}
