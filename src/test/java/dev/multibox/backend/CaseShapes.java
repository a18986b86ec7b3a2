package dev.multibox.backend;

import dev.multibox.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/** Shapes to try an op on. */
final class CaseShapes {
  /** Rows by channels, beside the sizes of vectors, tiles and chunks. */
  static final List<Shape> ROWS =
      List.of(
          Shape.of(0, 3),
          Shape.of(1, 1),
          Shape.of(31, 1),
          Shape.of(33, 3),
          Shape.of(255, 1),
          Shape.of(257, 5),
          Shape.of(7, 2049),
          Shape.of(70_001, 1));

  /** For ops that give each row a warp: as many elements at most, in fewer rows. */
  static final List<Shape> WIDER_ROWS =
      Stream.concat(ROWS.stream().limit(ROWS.size() - 1L), Stream.of(Shape.of(3043, 23))).toList();

  /** All but the longest, of which a mask has as many bytes as elements. */
  static final List<Shape> ROWS_OF_MASKS = ROWS.subList(0, ROWS.size() - 1);

  /** All but those without a row. */
  static final List<Shape> SOME_ROWS = ROWS.subList(1, ROWS.size());

  /** Feature maps. */
  static final List<Shape> IMAGES =
      List.of(
          Shape.of(0, 9, 7, 4), Shape.of(1, 1, 1, 2), Shape.of(2, 9, 7, 4), Shape.of(1, 31, 33, 6));

  private CaseShapes() {}

  /** One number for each image and channel of {@code x}. */
  static Shape perImage(Shape x) {
    return Shape.of(x.dim(0), 1, 1, x.dim(3));
  }
}
