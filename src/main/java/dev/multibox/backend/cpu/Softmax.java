package dev.multibox.backend.cpu;

import java.util.Objects;

/** Softmax and cross-entropy of one row of {@code K} logits at {@code x[at]}. */
final class Softmax {
  private Softmax() {}

  static void of(float[] x, int at, int classes, float[] out, int outAt) {
    float max = max(x, at, classes);
    float sum = 0;
    for (int k = 0; k < classes; k++) {
      float power = CpuMath.exp(x[at + k] - max);
      out[outAt + k] = power;
      sum += power;
    }
    for (int k = 0; k < classes; k++) {
      out[outAt + k] /= sum;
    }
  }

  static float crossEntropy(float[] x, int at, int classes, int target) {
    Objects.checkIndex(target, classes);
    float max = max(x, at, classes);
    float sum = 0;
    for (int k = 0; k < classes; k++) {
      sum += CpuMath.exp(x[at + k] - max);
    }
    return CpuMath.log(sum) - (x[at + target] - max);
  }

  /**
   * Overwrites row {@code i} of {@code out}, {@code classes} wide, with the logits at {@code x[at]}
   * less the largest of them.
   */
  static void shift(float[] x, int at, int classes, float[] out, int i) {
    float max = max(x, at, classes);
    for (int k = 0; k < classes; k++) {
      out[i * classes + k] = x[at + k] - max;
    }
  }

  /** The sum of row {@code i}, in the order of the classes. */
  static float sum(float[] rows, int i, int classes) {
    float sum = 0;
    for (int k = i * classes; k < (i + 1) * classes; k++) {
      sum += rows[k];
    }
    return sum;
  }

  /** Replaces the logits by the gradient of {@code scale} times their cross-entropy. */
  static void crossEntropyBackward(float[] x, int at, int classes, int target, float scale) {
    Objects.checkIndex(target, classes);
    of(x, at, classes, x, at);
    x[at + target] -= 1;
    for (int k = 0; k < classes; k++) {
      x[at + k] *= scale;
    }
  }

  private static float max(float[] x, int at, int classes) {
    float max = Float.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      max = x[at + k] > max ? x[at + k] : max;
    }
    return max;
  }
}
