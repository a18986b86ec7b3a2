package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Pointwise ops: read a tile, compute, write it. */
final class CpuElementwiseKernels extends ElementwiseKernels {
  private final Parallel parallel;
  private final ImageChannels images;
  private final JoinedRows joined;

  CpuElementwiseKernels(Parallel parallel) {
    this.parallel = parallel;
    images = new ImageChannels(parallel);
    joined = new JoinedRows(parallel);
  }

  @Override
  protected void runFill(Tensor out, float value) {
    Tiling.flat(parallel, out)
        .forEach(tile -> {
          float[] values = tile.blank();
          Arrays.fill(values, 0, tile.length(), value);
          tile.write(values, out);
        });
  }

  @Override
  protected void runAdd(Tensor a, Tensor b, Activation activation, Tensor out) {
    Tiling.flat(parallel, out)
        .forEach(tile -> {
          float[] sum = tile.read(a);
          tile.add(tile.read(b), sum);
          Activations.apply(activation, sum, tile.length());
          tile.write(sum, out);
        });
  }

  @Override
  protected void runAccumulate(Tensor dOut, Gradient dx) {
    Tiling.flat(parallel, dOut).forEach(tile -> tile.write(tile.read(dOut), dx));
  }

  @Override
  protected void runActivation(Tensor x, Activation activation, Tensor out) {
    Tiling.flat(parallel, x)
        .forEach(tile -> {
          float[] values = tile.read(x);
          Activations.apply(activation, values, tile.length());
          tile.write(values, out);
        });
  }

  @Override
  protected void runActivationBackward(Tensor y, Activation activation, Tensor dOut, Gradient dx) {
    Tiling.flat(parallel, y)
        .forEach(tile -> tile.write(Activations.gradient(tile, activation, y, dOut), dx));
  }

  @Override
  protected void runMaskedActivation(Tensor x, Activation activation, Tensor out, Tensor mask) {
    Tiling.byChannel(parallel, x)
        .forEach(tile -> {
          float[] values = tile.read(x);
          Activations.apply(activation, values, tile.length());
          tile.write(values, out);
          Activations.writeMask(tile, activation, out, mask);
        });
  }

  @Override
  protected void runMaskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx) {
    Tiling.byChannel(parallel, dOut)
        .forEach(tile -> tile.write(Activations.gradient(tile, mask, dOut), dx));
  }

  @Override
  protected void runBias(Tensor x, Tensor bias, Activation activation, Tensor out) {
    addBias(x, bias, activation, out, null);
  }

  @Override
  protected void runMaskedBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask) {
    addBias(x, bias, activation, out, mask);
  }

  private void addBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, @Nullable Tensor mask) {
    Tiling rows = Tiling.byChannel(parallel, x);
    float[] biases = rows.expand(bias);
    rows.forEach(tile -> {
      float[] values = tile.read(x);
      tile.add(biases, values);
      Activations.apply(activation, values, tile.length());
      tile.write(values, out);
      if (mask != null) {
        Activations.writeMask(tile, activation, out, mask);
      }
    });
  }

  @Override
  protected void runBiasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
    biasBackward(dOut, tile -> Activations.gradient(tile, activation, y, dOut), dz, dBias);
  }

  @Override
  protected void runMaskedBiasBackward(Tensor mask, Tensor dOut, Tensor dz, Gradient dBias) {
    biasBackward(dOut, tile -> Activations.gradient(tile, mask, dOut), dz, dBias);
  }

  /** {@code before} gives a tile of the gradient before the activation. */
  private void biasBackward(
      Tensor dOut, Function<Tile, float[]> before, @Nullable Tensor dz, Gradient dBias) {
    Tiling rows = Tiling.byChannel(parallel, dOut);
    double[] sums =
        rows.sums(
            1,
            tile -> {
              float[] gradient = before.apply(tile);
              if (dz != null) {
                tile.write(gradient, dz);
              }
              tile.add(gradient, tile.sum(0));
            });
    ChannelVectors.write(parallel.shared(), sums, dBias);
  }

  @Override
  protected void runScaleChannels(Tensor x, Tensor scale, Tensor out) {
    images.scale(x, scale, out);
  }

  @Override
  protected void runScaleChannelsBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    images.scaleBackward(x, scale, dOut, dx, dScale);
  }

  @Override
  protected void runJoinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out) {
    joined.join(a, Math.toIntExact(fromA), b, Math.toIntExact(fromB), out);
  }

  @Override
  protected void runJoinChannelsBackward(Tensor dOut, long first, long count, Gradient part) {
    joined.part(dOut, first, Math.toIntExact(count), part);
  }

  @Override
  protected void runSum(Tensor x, Tensor sum) {
    double[] sums = Tiling.flat(parallel, x).sums(1, tile -> tile.add(tile.read(x), tile.sum(0)));
    sum.host().set(JAVA_FLOAT, 0, (float) sums[0]);
  }
}
