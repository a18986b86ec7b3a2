package dev.multibox.nn;

import dev.multibox.tensor.Shape;
import java.util.random.RandomGenerator;

/**
 * How a parameter starts. Fans are those of a filter {@code [K, R, S, C]}: {@code fanIn = R S C},
 * {@code fanOut = K R S}.
 */
@FunctionalInterface
public interface Initializer {
  /** The first value of every element. */
  float[] draw(Shape shape, RandomGenerator random);

  /** The same value everywhere. */
  static Initializer constant(float value) {
    return (shape, _) -> {
      float[] values = new float[Math.toIntExact(shape.size())];
      java.util.Arrays.fill(values, value);
      return values;
    };
  }

  /** Uniform in {@code ±sqrt(6 / (fanIn + fanOut))} (Glorot and Bengio, 2010, equation 16). */
  static Initializer xavierUniform() {
    return (shape, random) ->
        uniform(shape, random, Math.sqrt(6.0 / (fanIn(shape) + fanOut(shape))));
  }

  /** Uniform in {@code ±sqrt(3 / fanIn)}: what Caffe calls xavier. */
  static Initializer caffeXavier() {
    return (shape, random) -> uniform(shape, random, Math.sqrt(3.0 / fanIn(shape)));
  }

  /** Normal with deviation {@code sqrt(2 / fanOut)} (He et al., 2015, section 2.2), before ReLU. */
  static Initializer kaimingNormal() {
    return (shape, random) -> normal(shape, random, Math.sqrt(2.0 / fanOut(shape)));
  }

  /** Normal with the given deviation. */
  static Initializer normal(float deviation) {
    return (shape, random) -> normal(shape, random, deviation);
  }

  /** Uniform in {@code ±1 / sqrt(fanIn)} of a filter: how PyTorch starts that filter's bias. */
  static Initializer pytorchBias(Shape filter) {
    return (shape, random) -> uniform(shape, random, 1 / Math.sqrt((double) fanIn(filter)));
  }

  private static float[] uniform(Shape shape, RandomGenerator random, double bound) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  private static float[] normal(Shape shape, RandomGenerator random, double deviation) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private static long fanIn(Shape filter) {
    return filter.size() / filter.dim(0);
  }

  private static long fanOut(Shape filter) {
    return filter.size() / filter.dim(-1);
  }
}
