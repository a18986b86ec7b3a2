package dev.multibox.cli;

import dev.multibox.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;

/** Opens what {@code --weights} names. */
final class Weights {
  private Weights() {}

  /**
   * The checkpoint in {@code file}.
   *
   * @throws UserError if there is none, it is damaged, or it is no checkpoint
   */
  static Checkpoint open(Path file) {
    try {
      Checkpoint checkpoint = Checkpoint.open(file);
      try {
        checkpoint.config();
        return checkpoint;
      } catch (IOException | RuntimeException e) {
        checkpoint.close();
        throw e;
      }
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
