package dev.multibox.backend.cpu;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.OneDnnConvolution.ConvolutionKey;
import dev.multibox.backend.cpu.OneDnnConvolution.Direction;
import dev.multibox.backend.cpu.OneDnnConvolution.Epilogue;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of F32 by oneDNN.
 *
 * <p>Activations stay as they are, {@code NHWC}. Filters are copied into the layout that oneDNN
 * prefers for a shape, again only when they have changed; their gradients come out in such a layout
 * and are laid out as ours. What is compiled for a shape is kept until the backend is closed. No
 * batch is split: oneDNN counts in 64 bits. The smallest convolutions, which a network like SSDlite
 * has a hundred of, run on the calling thread: waiting for another one takes longer, most of all
 * where other programs want the cores.
 *
 * <p>Sums over nothing are left to the direct loops. Results are the same bits in every run with
 * the same number of threads; the filter's gradient alone also depends on that number, which is
 * oneDNN's doing and cannot be turned off.
 */
final class OneDnnConvolutionKernels extends ConvolutionKernels implements AutoCloseable {
  /** Products from which on two threads take less time than one. */
  private static final long WORTH_A_TEAM = 100_000;

  private final Parallel parallel;
  private final OneDnnEngine team;
  private final OneDnnEngine single;
  private final DirectConvolutionKernels direct;
  private final WorkTensor normVectors = new WorkTensor();
  private final Map<ConvolutionKey, OneDnnConvolution> compiled = new HashMap<>();

  OneDnnConvolutionKernels(Parallel parallel) {
    this.parallel = parallel;
    team = new OneDnnEngine(parallel.threads());
    single = new OneDnnEngine(1);
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
    Epilogue epilogue = bias == null ? Epilogue.NONE : Epilogue.BIAS;
    ConvolutionKey key =
        ConvolutionKey.forward(x.shape(), filter.shape(), params, epilogue, activation);
    if (bias == null) {
      run(FORWARD, key, out, x, filter);
    } else {
      run(FORWARD, key, out, x, filter, bias);
    }
  }

  @Override
  protected void runForwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    if (filter.size() == 0) {
      direct.runForwardNormalised(x, filter, norm, residual, activation, params, out);
      return;
    }
    Tensor vectors = centreAndScale(norm);
    Tensor centre = vectors.get(0);
    Tensor scale = vectors.get(1);
    Epilogue epilogue = residual == null ? Epilogue.NORM : Epilogue.NORM_ADD;
    ConvolutionKey key =
        ConvolutionKey.forward(x.shape(), filter.shape(), params, epilogue, activation);
    if (residual == null) {
      run(FORWARD_NORMALISED, key, out, x, filter, centre, scale, norm.beta());
    } else {
      run(FORWARD_NORMALISED, key, out, x, filter, centre, scale, norm.beta(), residual);
    }
  }

  /** What is added to the sum and what it is then multiplied by, {@code [2, C]}. */
  private Tensor centreAndScale(FixedNorm norm) {
    int channels = Math.toIntExact(norm.mean().size());
    Tensor vectors = normVectors.of(Shape.of(2, channels));
    float[] centre = ChannelVectors.read(parallel.shared(), 0, norm.mean());
    float[] scale = ChannelVectors.read(parallel.shared(), 1, norm.gamma());
    float[] invStd = ChannelVectors.read(parallel.shared(), 2, norm.invStd());
    for (int c = 0; c < channels; c++) {
      centre[c] = -centre[c];
      scale[c] *= invStd[c];
    }
    ChannelVectors.write(parallel.shared(), centre, vectors.get(0));
    ChannelVectors.write(parallel.shared(), scale, vectors.get(1));
    return vectors;
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
    if (DepthwiseFilterGradient.suits(target.shape(), params)) {
      new DepthwiseFilterGradient(x, dOut, params, target.shape()).run(parallel, dFilter);
      return;
    }
    ConvolutionKey key =
        ConvolutionKey.backward(
            Direction.BACKWARD_FILTER, x.shape(), target.shape(), params, dFilter.adds());
    run(BACKWARD_FILTER, key, target, x, dOut);
  }

  /**
   * What these calls take beside their operands, one after the other; compiles them.
   *
   * @param calls each with the addresses of its filters, of which there are copies
   */
  long workspaceBytes(Map<ConvolutionCall, Set<Long>> calls) {
    OneDnnWorkspace workspace = new OneDnnWorkspace();
    long channels = 0;
    for (Map.Entry<ConvolutionCall, Set<Long>> entry : calls.entrySet()) {
      ConvolutionCall call = entry.getKey();
      if (isOneDnns(call)) {
        ConvolutionKey key = key(call);
        workspace.add(engine(key), compiled(key), entry.getValue());
      }
      if (call.pass() == ConvolutionCall.Pass.FORWARD_NORMALISED) {
        channels = Math.max(channels, call.filter().dim(0));
      }
    }
    return workspace.bytes() + WorkTensor.bytes(2 * channels);
  }

  private static boolean isOneDnns(ConvolutionCall call) {
    boolean sums = call.filter().size() > 0 && call.x().size() > 0;
    return sums
        && !(call.pass() == ConvolutionCall.Pass.BACKWARD_FILTER
            && DepthwiseFilterGradient.suits(call.filter(), call.params()));
  }

  /** What was taken beside operands so far. */
  long workspaceBytes() {
    return normVectors.bytes() + team.workspaceBytes() + single.workspaceBytes();
  }

  private static ConvolutionKey key(ConvolutionCall call) {
    Epilogue epilogue =
        switch (call.pass()) {
          case FORWARD -> call.bias() ? Epilogue.BIAS : Epilogue.NONE;
          case FORWARD_NORMALISED -> call.bias() ? Epilogue.NORM_ADD : Epilogue.NORM;
          case BACKWARD_DATA, BACKWARD_FILTER -> Epilogue.NONE;
        };
    Direction direction =
        switch (call.pass()) {
          case FORWARD, FORWARD_NORMALISED -> Direction.FORWARD;
          case BACKWARD_DATA -> Direction.BACKWARD_DATA;
          case BACKWARD_FILTER -> Direction.BACKWARD_FILTER;
        };
    return new ConvolutionKey(
        direction,
        call.x(),
        call.filter(),
        call.params(),
        epilogue,
        call.activation(),
        call.accumulate() == Accumulate.ADD);
  }

  private OneDnnEngine engine(ConvolutionKey key) {
    return key.products() < WORTH_A_TEAM ? single : team;
  }

  private OneDnnConvolution compiled(ConvolutionKey key) {
    OneDnnEngine engine = engine(key);
    engine.useThreads();
    return compiled.computeIfAbsent(key, wanted -> OneDnnConvolution.compile(engine, wanted));
  }

  private void run(String op, ConvolutionKey key, Tensor target, Tensor... inputs) {
    try {
      compiled(key).run(target, inputs);
    } catch (IllegalStateException e) {
      throw new IllegalStateException("%s: %s, for %s".formatted(op, e.getMessage(), key), e);
    }
  }

  @Override
  public void close() {
    normVectors.close();
    single.close();
    team.close();
  }

  /** For example {@code oneDNN 3.11.0}. */
  @Override
  public String toString() {
    return "oneDNN " + OneDnn.version();
  }
}
