package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.data.Batch;
import dev.multibox.model.Detection;
import dev.multibox.model.Detector;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** The same steps and the same detections of ssd-tiny on any backend, to compare backends by. */
final class TinyTraining {
  static final int SIZE = 32;
  static final int IMAGES = 2;
  static final List<Batch> BATCH = List.of(TrainingStepTimer.randomBatch(IMAGES, SIZE));

  /** For one step: a large one shows more. */
  static final float RATE = 0.01f;

  /** For several steps: what differs grows with the rate. */
  static final float SLOW_RATE = 0.001f;

  private static final int CLASSES = 7;

  private TinyTraining() {}

  /** The network, with its first weights. */
  static Ssd network(Backend backend, DType type, TensorArena arena) {
    Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
    Ssd ssd = new Ssd(backend, config, type, arena);
    ssd.state().initialize(1);
    return ssd;
  }

  static StepSettings settings() {
    long bytes = IMAGES * TensorArena.padded(3L * SIZE * SIZE);
    return new StepSettings(IMAGES, 1, 4, bytes, Recompute.NONE);
  }

  /** Trains, and says what that leaves behind. */
  static StepOutcome train(Backend backend, DType type, int steps, float rate) {
    try (TensorArena arena = backend.newArena()) {
      Ssd ssd = network(backend, type, arena);
      TrainingStep step = new TrainingStep(backend, ssd, Recipe.scratch(), settings(), arena);
      List<Float> losses = new ArrayList<>();
      for (int i = 0; i < steps; i++) {
        step.run(BATCH, rate, i).forEach(result -> losses.add(result.loss()));
      }
      step.finish().forEach(result -> losses.add(result.loss()));
      backend.synchronize();
      return StepOutcome.of(backend, ssd, losses, step.input().classTargets(), arena);
    }
  }

  /** Heads far from the uniform distribution, so that something is found and its order is clear. */
  static void spread(Ssd ssd) {
    for (Parameter parameter : ssd.state().parameters()) {
      if (parameter.name().startsWith("heads.") && parameter.name().endsWith("weight")) {
        float[] values = ssd.state().read(parameter, parameter.value());
        for (int i = 0; i < values.length; i++) {
          values[i] *= 20;
        }
        ssd.state().write(parameter, parameter.value(), values);
      }
    }
  }

  /** What the network sees in the first image with heads that are sure of themselves. */
  static List<Detection> detect(Backend backend, DType type) {
    try (TensorArena arena = backend.newArena()) {
      Ssd ssd = network(backend, type, arena);
      spread(ssd);
      NmsParams nms = ssd.config().definition().nms().withTopK(20);
      Detector detector = new Detector(backend, ssd, nms, 1, arena);
      Shape image = ssd.imageShape(1);
      new ImageBatch(backend, 0, arena)
          .prepare(
              BATCH.getFirst().samples().subList(0, 1),
              ssd.config().definition().normalisation(),
              detector.images(1));
      assertThat(image.dim(3)).isEqualTo(backend.channelMultiple() == 1 ? 3 : 8);
      return detector.detect(1).getFirst();
    }
  }

  static void assertClose(List<Detection> found, List<Detection> wanted) {
    assertThat(found).hasSameSizeAs(wanted).hasSizeGreaterThan(10);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).label()).isEqualTo(wanted.get(i).label());
      assertThat(found.get(i).score()).isCloseTo(wanted.get(i).score(), within(0.01f));
      assertThat(found.get(i).xmin()).isCloseTo(wanted.get(i).xmin(), within(0.01f));
      assertThat(found.get(i).ymax()).isCloseTo(wanted.get(i).ymax(), within(0.01f));
    }
  }
}
