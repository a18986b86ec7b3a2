package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.multibox.Golden;
import java.nio.charset.StandardCharsets;

/**
 * Numbers that follow from a name: {@code u(name, i)} is the upper 24 bits of SplitMix64's
 * finaliser, as a part of one. Weights and images of whole models are made of them, so that neither
 * has to be stored.
 */
final class Formula {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 0x1p-24;

  private final Golden golden;
  private final long seed;
  private final double variance;
  private final JsonNode classGains;
  private final JsonNode boxGains;
  private final double backgroundBias;
  private final JsonNode gains;
  private final int block;

  Formula(Golden golden) {
    this.golden = golden;
    seed = golden.metadata("seed").asLong();
    variance = golden.metadata("wvar").asDouble();
    classGains = golden.metadata("cls_gain");
    boxGains = golden.metadata("reg_gain");
    backgroundBias = golden.metadata("bg_bias").asDouble();
    gains = golden.text("gain").isEmpty() ? MissingNode.getInstance() : golden.metadata("gain");
    block = golden.text("block").isEmpty() ? 1 : golden.metadata("block").asInt();
    check();
  }

  /** Against the first values that the file states. */
  private void check() {
    JsonNode stated = golden.metadata("u_check").path("u(\"input\",0..3)");
    assertThat(stated).hasSize(4);
    for (int i = 0; i < stated.size(); i++) {
      assertThat(u("input", i)).isEqualTo(stated.get(i).asDouble());
    }
  }

  double u(String name, long index) {
    long z = (hash(name) ^ seed) + (index + 1) * GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >>> 40) * UNIT;
  }

  /** FNV-1a. */
  private static long hash(String name) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    return hash;
  }

  /** {@code count} values {@code scale u + shift}, computed in double. */
  private float[] uniform(String name, int count, double scale, double shift) {
    long start = hash(name) ^ seed;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      long z = start + (i + 1L) * GOLDEN_GAMMA;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      values[i] = (float) (((z ^ (z >>> 31)) >>> 40) * UNIT * scale + shift);
    }
    return values;
  }

  /** Images {@code [N, 3, side, side]} of {@code u}, each value as often as a block has pixels. */
  float[] image(String name, int count, int side) {
    int cells = side / block;
    float[] values = uniform(name, count * 3 * cells * cells, 1, 0);
    if (block == 1) {
      return values;
    }
    float[] pixels = new float[count * 3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      int row = i / side;
      int cellRow = row / side * cells + row % side / block;
      pixels[i] = values[cellRow * cells + i % side / block];
    }
    return pixels;
  }

  /** A filter of level {@code level}'s class head, or of no head where the level is negative. */
  float[] filter(String name, int size, int rows, Head head, int level) {
    double gain =
        switch (head) {
          case NONE -> 1;
          case CLASS -> classGains.get(level).asDouble();
          case BOX -> boxGains.get(level).asDouble();
        };
    double bound =
        Math.sqrt(variance / (size / (double) rows)) * gain * gains.path(name).asDouble(1);
    return uniform(name, size, 2 * bound, -bound);
  }

  /** Which head a filter belongs to. */
  enum Head {
    NONE,
    CLASS,
    BOX
  }

  float[] convolutionBias(String name, int size) {
    return uniform(name, size, 0.2, -0.1);
  }

  /** Scale and running variance of a batch norm. */
  float[] normScale(String name, int size) {
    return uniform(name, size, 1, 0.5);
  }

  /** Shift and running mean of a batch norm. */
  float[] normShift(String name, int size) {
    return uniform(name, size, 0.4, -0.2);
  }

  /** The scale of the L2 norm. */
  float[] l2Scale(String name, int size) {
    return uniform(name, size, 10, 15);
  }

  double backgroundBias() {
    return backgroundBias;
  }
}
