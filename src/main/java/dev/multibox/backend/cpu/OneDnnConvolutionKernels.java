package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.OneDnnConvolution.ConvolutionKey;
import dev.multibox.backend.cpu.OneDnnConvolution.Direction;
import dev.multibox.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of F32 by oneDNN.
 *
 * <p>Activations stay as they are, {@code NHWC}. Filters are copied into the layout that oneDNN
 * prefers for a shape, again only when they have changed; their gradients come out in such a layout
 * and are laid out as ours. What is compiled for a shape is kept until the backend is closed. No
 * batch is split: oneDNN counts in 64 bits.
 *
 * <p>Sums over nothing are left to the direct loops. Results are the same bits in every run with
 * the same number of threads; the filter's gradient alone also depends on that number, which is
 * oneDNN's doing and cannot be turned off.
 */
final class OneDnnConvolutionKernels extends ConvolutionKernels implements AutoCloseable {
  private final OneDnnEngine engine;
  private final DirectConvolutionKernels direct;
  private final Map<ConvolutionKey, OneDnnConvolution> compiled = new HashMap<>();

  OneDnnConvolutionKernels(Parallel parallel) {
    engine = new OneDnnEngine(parallel.threads());
    direct = new DirectConvolutionKernels(parallel);
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    if (filter.size() == 0) {
      direct.runForward(x, filter, bias, activation, params, out);
      return;
    }
    ConvolutionKey key =
        ConvolutionKey.forward(x.shape(), filter.shape(), params, bias != null, activation);
    if (bias == null) {
      run(FORWARD, key, out, x, filter);
    } else {
      run(FORWARD, key, out, x, filter, bias);
    }
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    if (filter.size() == 0) {
      direct.runBackwardData(dOut, filter, params, dx);
      return;
    }
    Tensor target = dx.tensor();
    ConvolutionKey key =
        ConvolutionKey.backward(
            Direction.BACKWARD_DATA, target.shape(), filter.shape(), params, dx.adds());
    run(BACKWARD_DATA, key, target, dOut, filter);
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    if (x.size() == 0) {
      direct.runBackwardFilter(x, dOut, params, dFilter);
      return;
    }
    Tensor target = dFilter.tensor();
    ConvolutionKey key =
        ConvolutionKey.backward(
            Direction.BACKWARD_FILTER, x.shape(), target.shape(), params, dFilter.adds());
    run(BACKWARD_FILTER, key, target, x, dOut);
  }

  private void run(String op, ConvolutionKey key, Tensor target, Tensor... inputs) {
    engine.useThreads();
    try {
      compiled
          .computeIfAbsent(key, wanted -> OneDnnConvolution.compile(engine, wanted))
          .run(target, inputs);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("%s: %s, for %s".formatted(op, e.getMessage(), key), e);
    }
  }

  @Override
  public void close() {
    engine.close();
  }

  /** For example {@code oneDNN 3.11.0}. */
  @Override
  public String toString() {
    return "oneDNN " + OneDnn.version();
  }
}
