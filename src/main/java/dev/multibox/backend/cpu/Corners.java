package dev.multibox.backend.cpu;

/** One box and its area, to hold against many. */
record Corners(float xmin, float ymin, float xmax, float ymax, float area) {
  /** The box at {@code boxes[at]}. */
  static Corners of(float[] boxes, int at) {
    float width = boxes[at + 2] - boxes[at];
    float height = boxes[at + 3] - boxes[at + 1];
    return new Corners(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3], width * height);
  }
}
