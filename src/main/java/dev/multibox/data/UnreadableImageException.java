package dev.multibox.data;

import java.io.IOException;

/**
 * An image of a data set cannot be read: the data is at fault, not what was to be done with it. The
 * cause says what is wrong with it.
 */
public final class UnreadableImageException extends IOException {
  private static final long serialVersionUID = 1;

  UnreadableImageException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
