package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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
   * The model of which {@code file} holds weights: what it says, or the user.
   *
   * @param model the name the user gave, or null
   * @throws UserError if neither says it, or both and differently, or there is no such model
   */
  static SsdDefinition definition(WeightFile file, @Nullable String model) {
    String written = file.metadata().get("model");
    String name = model == null ? written : model;
    if (name == null) {
      throw UserError.of(
          "--model: %s does not say of which model it is; name one that info lists", file.path());
    }
    if (model != null && written != null && !model.equals(written)) {
      throw UserError.of(
          "--model: was %s, but %s is of %s; leave it out", model, file.path(), written);
    }
    return RunPlan.known(() -> ModelRegistry.find(name));
  }

  /**
   * The checkpoint's network, filled, in memory of {@code arena}.
   *
   * @throws UserError if the tensors do not fit it
   */
  static Ssd model(Checkpoint checkpoint, Backend backend, TensorArena arena) {
    try {
      Ssd ssd = Ssd.forInference(backend, checkpoint.config(), arena);
      checkpoint.load(ssd.state());
      return ssd;
    } catch (IOException e) {
      throw UserError.caused(e);
    } catch (IllegalArgumentException e) {
      throw new UserError("%s: %s".formatted(checkpoint.path(), e.getMessage()), e);
    }
  }
}
