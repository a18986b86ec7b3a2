package dev.multibox.data;

/** The extent of an image in pixels; 0 where nobody said. */
record ImageSize(int width, int height) {
  boolean isKnown() {
    return width > 0 && height > 0;
  }

  ImageSize transposed() {
    return new ImageSize(height, width);
  }

  @Override
  public String toString() {
    return width + " x " + height;
  }
}
