package dev.multibox.data;

import java.util.ArrayList;
import java.util.List;

/** Counts what a reader bent or left out of a split, so that nothing is done in silence. */
final class Tally {
  private int cut;
  private int resized;
  private int leftOut;

  /** The part of {@code box} that lies on the image. */
  PixelBox cut(PixelBox box, ImageSize image) {
    PixelBox part = box.cut(image);
    cut += part.equals(box) ? 0 : 1;
    return part;
  }

  void resized() {
    resized++;
  }

  void leftOut() {
    leftOut++;
  }

  /** One line for each kind that occurred. */
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    add(remarks, cut, "box over the image's edge by up to a pixel, cut off there");
    add(remarks, resized, "image of another size than annotated, taken as it is");
    add(remarks, leftOut, "bad object left out");
    return remarks;
  }

  private static void add(List<String> remarks, int count, String what) {
    if (count > 0) {
      remarks.add(count + " times: " + what);
    }
  }
}
