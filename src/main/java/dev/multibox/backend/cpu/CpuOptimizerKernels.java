package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.ScaleParams;
import dev.multibox.backend.SgdParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
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
      Tensor lossScale,
      SgdParams params,
      Tensor foundInf) {
    Tiling tiles = Tiling.flat(parallel, gradients);
    if (foundInf.host().get(JAVA_INT, 0) != 0) {
      return;
    }
    Step step = Step.of(hyper, lossScale, params);
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

  @Override
  protected void runUpdateScale(
      Tensor losses,
      ScaleParams params,
      Tensor foundInf,
      Tensor lossScale,
      Tensor counters,
      Tensor ring) {
    boolean overflowed = foundInf.host().get(JAVA_INT, 0) != 0;
    int clean = overflowed ? 0 : counters.host().getAtIndex(JAVA_INT, COUNTER_CLEAN) + 1;
    int step = counters.host().getAtIndex(JAVA_INT, COUNTER_STEPS);
    float scale = lossScale.host().get(JAVA_FLOAT, 0);
    MemorySegment row = ring.get(step % RING_STEPS).host();
    row.fill((byte) 0);
    MemorySegment.copy(losses.host(), 0, row, RING_LOSSES * Float.BYTES, losses.bytes());
    row.setAtIndex(JAVA_FLOAT, RING_SKIPPED, overflowed ? 1 : 0);
    row.setAtIndex(JAVA_FLOAT, RING_SCALE, scale);
    row.setAtIndex(JAVA_FLOAT, RING_STEP, step);
    if (params.growthInterval() > 0) {
      if (overflowed) {
        scale /= 2;
      } else if (clean >= params.growthInterval()) {
        scale = Float.isFinite(2 * scale) ? 2 * scale : scale;
        clean = 0;
      }
    }
    lossScale.host().set(JAVA_FLOAT, 0, scale);
    counters.host().setAtIndex(JAVA_INT, COUNTER_CLEAN, clean);
    counters.host().setAtIndex(JAVA_INT, COUNTER_STEPS, step + 1);
    foundInf.host().set(JAVA_INT, 0, 0);
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

    static Step of(Tensor hyper, Tensor lossScale, SgdParams params) {
      float rate = ChannelVectors.at(hyper, HYPER_RATE);
      boolean first = ChannelVectors.at(hyper, HYPER_ITERATION) == 0;
      boolean inside = params.momentumForm() == MomentumForm.RATE_INSIDE;
      return new Step(
          ChannelVectors.at(hyper, HYPER_UNSCALE) / ChannelVectors.at(lossScale, 0),
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
