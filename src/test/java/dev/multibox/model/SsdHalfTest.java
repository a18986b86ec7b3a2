package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.LossOps;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.LossParams;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A whole network in F16 against the same in F32. */
class SsdHalfTest {
  private static final int BATCH = 2;
  private static final int SIZE = 64;
  private static final int CLASSES = 4;

  /** Gradients of a mean over hundreds of priors are small: without it many would be subnormal. */
  private static final float LOSS_SCALE = 1024;

  /** A mean over hundreds of priors, whose roundings of 2^-11 cancel. */
  private static final float LOSS_TOLERANCE = 1e-4f;

  /** A filter's gradient behind eight roundings, of the whole filter's size. */
  private static final double HEAD_TOLERANCE = 2e-3;

  /**
   * Elsewhere a rounding turns some ReLUs and some maxima of pools over, and with them where the
   * gradient goes: rounding the filters alone, all else in F32, moves gradients by 0.05.
   */
  private static final double GRADIENT_TOLERANCE = 0.1;

  private record Step(float loss, Map<String, float[]> gradients) {}

  @BackendSource
  void lossAndGradientsAreThoseOfFloats(Backend backend) {
    Step floats = step(backend, DType.F32);
    Step halves = step(backend, DType.F16);

    assertThat(halves.loss()).isCloseTo(floats.loss(), within(LOSS_TOLERANCE * floats.loss()));
    assertThat(floats.gradients()).hasSizeGreaterThan(20);
    floats
        .gradients()
        .forEach((name, expected) ->
            assertThat(distance(Objects.requireNonNull(halves.gradients().get(name)), expected))
                .describedAs(name)
                .isLessThan(name.startsWith("heads.0") ? HEAD_TOLERANCE : GRADIENT_TOLERANCE));
  }

  private static Step step(Backend backend, DType type) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, CLASSES);
      Ssd ssd = new Ssd(backend, config, type, arena);
      ssd.state().initialize(1);
      Shape image = ssd.imageShape(BATCH);
      Tensor images = tensors.of(type, image, pixels(image));
      MadeUpTargets targets = MadeUpTargets.of(tensors, ssd, BATCH);
      Tensor losses = tensors.poisoned(Shape.of(3));
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.TRAINING)) {
        HeadVariables heads = ssd.forward(tape, Variable.constant(images));
        assertThat(heads.levels()).allMatch(level -> level.value().dtype() == type);
        Variable loss =
            LossOps.multiboxLoss(
                tape, heads, targets.classes(), targets.offsets(), LossParams.caffe(), losses);
        tape.backward(loss, tensors.floats(Shape.of(1), LOSS_SCALE));
      }
      Map<String, float[]> gradients = new LinkedHashMap<>();
      for (Parameter parameter : ssd.state().parameters()) {
        gradients.put(parameter.name(), tensors.values(parameter.variable().grad()));
      }
      return new Step(backend.floats(losses)[0], gradients);
    }
  }

  /** The same for every backend, with zeros in the channels that it pads with. */
  private static float[] pixels(Shape image) {
    int colours = 3;
    int channels = Math.toIntExact(image.dim(-1));
    float[] random = Tensors.random(2, image.rows() * colours);
    float[] pixels = new float[Math.toIntExact(image.size())];
    for (int i = 0; i < random.length; i++) {
      pixels[i / colours * channels + i % colours] = random[i];
    }
    return pixels;
  }

  /** {@code |a - b| / |b|}. */
  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < b.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      size += Math.pow(b[i], 2);
    }
    return Math.sqrt(difference / size);
  }
}
