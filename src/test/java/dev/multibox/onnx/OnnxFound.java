package dev.multibox.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.model.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The detections in what a file with suppression gave, and how they compare with ours. */
final class OnnxFound {
  /** Softmax and decoding in float32, of the same logits. */
  private static final double CLOSE = 1e-4;

  /** What logits reach, so that they differ by as many times their relative difference. */
  private static final double LARGE_LOGIT = 20;

  private OnnxFound() {}

  /** Image by image, checking that what lies behind the last detection is zero. */
  static List<List<Detection>> of(OnnxRun.Outputs outputs) {
    assertThat(outputs.names()).containsExactly("boxes", "scores", "labels", "counts");
    float[] boxes = outputs.floats("boxes");
    float[] scores = outputs.floats("scores");
    long[] labels = outputs.integers("labels");
    long[] counts = outputs.integers("counts");
    int capacity = scores.length / counts.length;
    List<List<Detection>> found = new ArrayList<>();
    for (int n = 0; n < counts.length; n++) {
      int first = n * capacity;
      int end = first + (int) counts[n];
      List<Detection> ofImage = new ArrayList<>();
      for (int i = first; i < end; i++) {
        ofImage.add(
            new Detection(
                (int) labels[i],
                scores[i],
                boxes[4 * i],
                boxes[4 * i + 1],
                boxes[4 * i + 2],
                boxes[4 * i + 3]));
      }
      found.add(ofImage);
      int last = first + capacity;
      assertThat(Arrays.stream(labels, end, last)).allMatch(label -> label == 0);
      for (int i = end; i < last; i++) {
        assertThat(scores[i]).isZero();
        assertThat(Arrays.copyOfRange(boxes, 4 * i, 4 * i + 4)).containsOnly(0);
      }
    }
    return found;
  }

  /**
   * The same objects in the same order.
   *
   * @param rounding by how much logits differ, relative to the largest; scores that differ by less
   *     may change places
   */
  static void assertSame(
      List<Detection> theirs, List<Detection> ours, double rounding, String what) {
    double near = Math.max(CLOSE, LARGE_LOGIT * rounding);
    assertThat(theirs).describedAs(what).hasSameSizeAs(ours);
    List<Detection> left = new ArrayList<>(ours);
    for (int i = 0; i < theirs.size(); i++) {
      Detection found = theirs.get(i);
      int at = place(left, i, found, rounding, near);
      assertThat(close(found, left.get(at), near))
          .describedAs("%s: detection %d is %s, ours is %s", what, i, found, ours.get(i))
          .isTrue();
      Collections.swap(left, i, at);
      assertThat((double) left.get(i).score()).isCloseTo(ours.get(i).score(), within(near));
    }
  }

  /** Where ours lies that is meant: at its place, or a little behind it. */
  private static int place(
      List<Detection> ours, int from, Detection found, double rounding, double near) {
    int at = from;
    while (at + 1 < ours.size()
        && !close(found, ours.get(at), near)
        && Math.abs(ours.get(at + 1).score() - found.score()) < rounding) {
      at++;
    }
    return at;
  }

  private static boolean close(Detection a, Detection b, double near) {
    return a.label() == b.label()
        && close(a.score(), b.score(), near)
        && close(a.xmin(), b.xmin(), near)
        && close(a.ymin(), b.ymin(), near)
        && close(a.xmax(), b.xmax(), near)
        && close(a.ymax(), b.ymax(), near);
  }

  /** Of the larger where that is above one, as corners of random offsets are. */
  private static boolean close(float a, float b, double near) {
    return Math.abs(a - b) < near * Math.max(1, Math.abs(b));
  }
}
