package dev.multibox.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The categories of the data sets that published weights were trained on, in their models' order.
 */
final class PublishedCategories {
  /** What torchvision calls the numbers that COCO does not use. */
  static final String UNUSED = "N/A";

  private static final List<String> VOC =
      names(
          """
          aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
          motorbike, person, pottedplant, sheep, sofa, train, tvmonitor
          """);

  private static final List<String> COCO =
      names(
          """
          person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light,
          fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant,
          bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard,
          sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket,
          bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
          broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed,
          dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven,
          toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier,
          toothbrush
          """);

  /** The numbers from 1 to 90 that none of COCO's 80 categories has. */
  private static final List<Integer> GAPS = List.of(12, 26, 29, 30, 45, 66, 68, 69, 71, 83);

  private PublishedCategories() {}

  /** Those of the set that gives so many classes, background included. */
  static Optional<List<String>> of(int classes) {
    return switch (classes) {
      case 21 -> Optional.of(VOC);
      case 81 -> Optional.of(COCO);
      case 91 -> Optional.of(cocoByNumber());
      default -> Optional.empty();
    };
  }

  private static List<String> cocoByNumber() {
    List<String> byNumber = new ArrayList<>(COCO);
    GAPS.forEach(gap -> byNumber.add(gap - 1, UNUSED));
    return Collections.unmodifiableList(byNumber);
  }

  private static List<String> names(String list) {
    return List.of(list.strip().split(",\\s+", -1));
  }
}
