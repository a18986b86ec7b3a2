package dev.multibox.picture;

import dev.multibox.box.Box;

/**
 * A box to draw on a picture.
 *
 * @param box in [0, 1] of the picture's sides; what lies outside is cut off
 * @param label decides the colour
 * @param name what the label says, shortened where there is no room; nothing for no label
 * @param detail follows the name and is never shortened, for example a score; may be empty
 * @param outline how the box is drawn
 */
public record Mark(Box box, int label, String name, String detail, Outline outline) {
  /** How a box is drawn. */
  public enum Outline {
    /** An object: a line that shows on every background. */
    SOLID,
    /** Something about an object, such as a prior: a finer, broken line. */
    DASHED
  }

  /** An object with its name and, where {@code detail} is not empty, something about it. */
  public static Mark object(Box box, int label, String name, String detail) {
    return new Mark(box, label, name, detail, Outline.SOLID);
  }

  /** A box without a name that belongs to an object of this label. */
  public static Mark dashed(Box box, int label) {
    return new Mark(box, label, "", "", Outline.DASHED);
  }

  boolean hasText() {
    return !name.isEmpty() || !detail.isEmpty();
  }
}
