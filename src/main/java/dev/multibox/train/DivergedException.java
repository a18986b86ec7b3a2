package dev.multibox.train;

/**
 * Training left the finite numbers. The message is one line for the user: where, on which images,
 * and what to do. The last checkpoint is from before.
 */
public final class DivergedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  DivergedException(String message) {
    super(message);
  }
}
