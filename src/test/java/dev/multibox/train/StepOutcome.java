package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.backend.Backend;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What training steps leave behind.
 *
 * @param type what was computed in
 * @param losses of the steps, in their order
 * @param values weights, momentum, gradients and statistics, by name
 * @param targets the class of each prior in the last step
 */
record StepOutcome(
    DType type, List<Float> losses, Map<String, float[]> values, List<Integer> targets) {
  /** Sums of thousands of terms in another order, through eight layers with batch norm. */
  private static final double FLOAT_TOLERANCE = 2e-3;

  /** Roundings to F16 in other places, some of which turn a ReLU or a maximum over. */
  private static final double HALF_TOLERANCE = 0.1;

  /**
   * Training multiplies differences: in ten steps from 1e-5 to what is seen at the first filter.
   */
  private static final double TEN_STEPS_TOLERANCE = 0.15;

  static StepOutcome of(
      Backend backend, Ssd ssd, List<Float> losses, Tensor targets, TensorArena arena) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Parameter parameter : ssd.state().parameters()) {
      values.put(parameter.name(), ssd.state().read(parameter, parameter.value()));
      values.put(
          "momentum of " + parameter.name(), ssd.state().read(parameter, parameter.momentum()));
      Tensor gradient = parameter.variable().grad();
      Tensor wide = arena.allocate(gradient.shape(), DType.F32);
      backend.convert().convert(gradient, wide);
      values.put("gradient of " + parameter.name(), ssd.state().read(parameter, wide));
    }
    for (Buffer buffer : ssd.state().buffers()) {
      values.put(buffer.name(), backend.floats(buffer.value()));
    }
    return new StepOutcome(
        ssd.type(), losses, values, Arrays.stream(backend.ints(targets)).boxed().toList());
  }

  /** After one step everything agrees but for rounding; after several weights and statistics do. */
  void assertCloseTo(StepOutcome wanted) {
    assertThat(type).isEqualTo(wanted.type);
    assertThat(targets).isEqualTo(wanted.targets).contains(1);
    assertThat(losses).hasSameSizeAs(wanted.losses);
    boolean one = losses.size() == 1;
    double single = type == DType.F32 ? FLOAT_TOLERANCE : HALF_TOLERANCE;
    double tolerance = one ? single : TEN_STEPS_TOLERANCE;
    for (int i = 0; i < losses.size(); i++) {
      float loss = wanted.losses.get(i);
      assertThat(losses.get(i)).isCloseTo(loss, within((float) tolerance * loss));
    }
    if (one) {
      wanted.values.forEach((name, expected) ->
          assertThat(distance(Objects.requireNonNull(values.get(name)), expected))
              .describedAs(name)
              .isLessThan(tolerance));
      return;
    }
    for (String kind : List.of("weight", "running_mean", "running_var")) {
      assertThat(distance(all(kind), wanted.all(kind))).describedAs(kind).isLessThan(tolerance);
    }
  }

  /** No bit differs. */
  void assertSameAs(StepOutcome wanted) {
    assertThat(losses).isEqualTo(wanted.losses);
    assertThat(targets).isEqualTo(wanted.targets);
    wanted.values.forEach(
        (name, expected) -> assertThat(values.get(name)).describedAs(name).isEqualTo(expected));
  }

  /** All tensors of a kind one behind the other, without momentum and gradients. */
  private float[] all(String kind) {
    List<float[]> parts = new ArrayList<>();
    int length = 0;
    for (Map.Entry<String, float[]> each : values.entrySet()) {
      if (each.getKey().endsWith(kind) && !each.getKey().contains(" of ")) {
        parts.add(each.getValue());
        length += each.getValue().length;
      }
    }
    float[] whole = new float[length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  /** {@code |a - b| / |b|}, of zeros {@code |a - b|^2}. */
  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < b.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      size += Math.pow(b[i], 2);
    }
    return size == 0 ? difference : Math.sqrt(difference / size);
  }
}
