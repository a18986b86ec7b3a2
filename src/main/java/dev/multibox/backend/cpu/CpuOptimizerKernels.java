package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.SgdParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Updates of parameter slabs, one pass over each. */
final class CpuOptimizerKernels extends OptimizerKernels {
  private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final Parallel parallel;

  CpuOptimizerKernels(Parallel parallel) {
    this.parallel = parallel;
  }

  @Override
  protected void runCheckFinite(Tensor gradients, Tensor foundInf) {
    AtomicBoolean found = new AtomicBoolean();
    Tiling.flat(parallel, gradients)
        .forEach(tile -> {
          int[] bits = tile.readBits(gradients);
          int largest = 0;
          for (int i = 0; i < tile.length(); i++) {
            largest = Math.max(largest, bits[i] & Integer.MAX_VALUE);
          }
          if (largest >= INFINITY_BITS) {
            found.set(true);
          }
        });
    if (found.get()) {
      foundInf.host().set(JAVA_INT, 0, 1);
    }
  }

  @Override
  protected void runSgd(
      Tensor weights,
      Tensor momentum,
      Tensor gradients,
      @Nullable Tensor copies,
      Tensor hyper,
      SgdParams params,
      Tensor foundInf) {
    Tiling tiles = Tiling.flat(parallel, gradients);
    if (foundInf.host().get(JAVA_INT, 0) != 0) {
      return;
    }
    Step step = Step.of(hyper, params);
    tiles.forEach(tile -> {
      float[] w = tile.read(weights);
      float[] v = tile.read(momentum);
      step.apply(w, v, tile.read(gradients), tile.length());
      tile.write(w, weights);
      tile.write(v, momentum);
      if (copies != null) {
        tile.write(w, copies);
      }
    });
  }

  /**
   * One update with all its numbers: {@code g = inner (unscale gradient + decay w)}, {@code v =
   * factor v + take g}, {@code w -= outer v}, where the rate is {@code inner} or {@code outer} and
   * the other is 1.
   */
  private record Step(
      float unscale,
      float decay,
      float factor,
      float take,
      float inner,
      float outer,
      boolean first,
      boolean nesterov) {

    static Step of(Tensor hyper, SgdParams params) {
      float rate = ChannelVectors.at(hyper, HYPER_RATE);
      boolean first = ChannelVectors.at(hyper, HYPER_ITERATION) == 0;
      boolean inside = params.momentumForm() == MomentumForm.RATE_INSIDE;
      return new Step(
          ChannelVectors.at(hyper, HYPER_UNSCALE),
          params.decayed() ? ChannelVectors.at(hyper, HYPER_DECAY) : 0,
          ChannelVectors.at(hyper, HYPER_MOMENTUM),
          first ? 1 : 1 - params.dampening(),
          inside ? rate : 1,
          inside ? 1 : rate,
          first,
          params.nesterov());
    }

    void apply(float[] w, float[] v, float[] g, int length) {
      if (first) {
        Arrays.fill(v, 0, length, 0);
      }
      for (int i = 0; i < length; i++) {
        g[i] = inner * (unscale * g[i] + decay * w[i]);
        v[i] = factor * v[i] + take * g[i];
      }
      float[] direction = v;
      if (nesterov) {
        for (int i = 0; i < length; i++) {
          g[i] += factor * v[i];
        }
        direction = g;
      }
      for (int i = 0; i < length; i++) {
        w[i] -= outer * direction[i];
      }
    }
  }
}
