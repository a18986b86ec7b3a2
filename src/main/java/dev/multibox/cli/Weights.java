package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
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

  /**
   * The checkpoint's network, filled, in memory of {@code arena}.
   *
   * @throws UserError if the tensors do not fit it
   */
  static Ssd model(Checkpoint checkpoint, Backend backend, TensorArena arena) {
    try {
      Ssd ssd = new Ssd(backend, checkpoint.config(), arena);
      checkpoint.load(ssd.state());
      return ssd;
    } catch (IOException e) {
      throw UserError.caused(e);
    } catch (IllegalArgumentException e) {
      throw new UserError("%s: %s".formatted(checkpoint.path(), e.getMessage()), e);
    }
  }
}
