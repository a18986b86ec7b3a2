package dev.multibox.backend.cuda.cudnn;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Recipe;
import dev.multibox.train.StepSettings;
import dev.multibox.train.TrainingStep;
import java.util.List;

/** The convolutions of a training step of a model on a GPU, whose channels come by eights. */
final class ModelConvolutions {
  static final int BATCH = 32;

  private static final int CLASSES = 81;
  private static final int MOST_OBJECTS = 8;
  private static final int CHANNELS = 8;

  private ModelConvolutions() {}

  static List<ConvolutionCall> of(String model, DType type) {
    try (DryBackend dry = DryBackend.withChannelMultiple(CHANNELS);
        TensorArena arena = dry.newArena()) {
      Ssd.Config config = Ssd.Config.of(ModelRegistry.find(model), CLASSES);
      long pixels = 3L * config.inputHeight() * config.inputWidth();
      StepSettings settings =
          new StepSettings(
              BATCH, 1, MOST_OBJECTS, BATCH * TensorArena.padded(pixels), Recompute.NONE);
      return TrainingStep.plan(dry, new Ssd(dry, config, type, arena), Recipe.scratch(), settings)
          .convolutions();
    }
  }
}
