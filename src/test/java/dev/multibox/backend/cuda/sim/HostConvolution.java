package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaConvolution;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of the simulated GPU: the CPU backend's, on copies of the simulated memory. It stands
 * on the stream like a kernel: in order, captured, and held to reading only what was written.
 */
public final class HostConvolution extends CudaConvolution {
  private final SimulatedDriver driver;
  private final SimulatedStream stream;
  private @Nullable Backend opened;

  private HostConvolution(SimulatedDriver driver, SimulatedStream stream) {
    this.driver = driver;
    this.stream = stream;
  }

  /** That of a simulated driver; a {@link CudaConvolution.Source}. */
  public static HostConvolution open(Setting setting) {
    return open(setting.driver(), setting.stream());
  }

  /** That of a simulated driver, on a stream of its. */
  public static HostConvolution open(Driver driver, Stream stream) {
    return new HostConvolution((SimulatedDriver) driver, (SimulatedStream) stream);
  }

  /** A convolution of host tensors: inputs, then the result. */
  @FunctionalInterface
  private interface Body {
    void run(Backend cpu, TensorArena arena, List<Tensor> inputs, Tensor out);
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    enqueueForward(x, filter, bias, activation, params, out);
  }

  /** {@link #forward} without its checks, whose bias may also be F16. */
  public void enqueueForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    List<Tensor> inputs = bias == null ? List.of(x, filter) : List.of(x, filter, bias);
    enqueue(
        FORWARD,
        inputs,
        Gradient.overwrite(out),
        (cpu, arena, in, result) -> {
          Tensor hostBias = in.size() == 3 ? widened(cpu, arena, in.get(2)) : null;
          cpu.convolution().forward(in.get(0), in.get(1), hostBias, activation, params, result);
        });
  }

  private static Tensor widened(Backend cpu, TensorArena arena, Tensor bias) {
    if (bias.dtype() == DType.F32) {
      return bias;
    }
    Tensor wide = arena.allocate(bias.shape(), DType.F32);
    cpu.convert().convert(bias, wide);
    return wide;
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
    List<Tensor> inputs =
        new ArrayList<>(List.of(x, filter, norm.mean(), norm.invStd(), norm.gamma(), norm.beta()));
    if (residual != null) {
      inputs.add(residual);
    }
    enqueue(
        FORWARD_NORMALISED,
        inputs,
        Gradient.overwrite(out),
        (cpu, _, in, result) ->
            cpu.convolution()
                .forwardNormalised(
                    in.get(0),
                    in.get(1),
                    new FixedNorm(in.get(2), in.get(3), in.get(4), in.get(5)),
                    in.size() == 7 ? in.get(6) : null,
                    activation,
                    params,
                    result));
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    enqueueBackwardData(dOut, filter, params, dx.tensor(), dx.accumulate());
  }

  /** {@link #backwardData} without its checks. */
  public void enqueueBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Tensor dx, Accumulate accumulate) {
    Gradient target = new Gradient(dx, accumulate);
    enqueue(BACKWARD_DATA, dOut, filter, params, target, ConvolutionKernels::backwardData);
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    enqueueBackwardFilter(x, dOut, params, dFilter.tensor(), dFilter.accumulate());
  }

  /** {@link #backwardFilter} without its checks. */
  public void enqueueBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Tensor dFilter, Accumulate accumulate) {
    Gradient target = new Gradient(dFilter, accumulate);
    enqueue(BACKWARD_FILTER, x, dOut, params, target, ConvolutionKernels::backwardFilter);
  }

  /** One of the gradients of {@link ConvolutionKernels}. */
  @FunctionalInterface
  private interface Backward {
    void run(
        ConvolutionKernels kernels, Tensor a, Tensor b, ConvolutionParams params, Gradient result);
  }

  private void enqueue(
      String name, Tensor a, Tensor b, ConvolutionParams params, Gradient target, Backward pass) {
    enqueue(
        name,
        List.of(a, b),
        target,
        (cpu, _, in, result) ->
            pass.run(
                cpu.convolution(),
                in.get(0),
                in.get(1),
                params,
                new Gradient(result, target.accumulate())));
  }

  /** A tensor of the device, by its address: as on a GPU, the work knows no arena. */
  private record Block(Shape shape, DType dtype, Range range) {
    static Block of(Tensor tensor) {
      return new Block(tensor.shape(), tensor.dtype(), new Range(tensor.address(), tensor.bytes()));
    }

    Tensor onHost(TensorArena arena) {
      return arena.allocate(shape, dtype);
    }
  }

  private void enqueue(String name, List<Tensor> inputs, Gradient target, Body body) {
    List<Block> read = inputs.stream().map(Block::of).toList();
    Block written = Block.of(target.tensor());
    List<Range> ranges = new ArrayList<>();
    read.stream().map(Block::range).filter(range -> range.bytes() > 0).forEach(ranges::add);
    if (target.adds()) {
      ranges.add(written.range());
    }
    stream.enqueue(
        new HostWork(
            name,
            ranges,
            List.of(written.range()),
            memory -> run(name, memory, read, written, target.adds(), body)));
  }

  private void run(
      String name, DeviceMemory memory, List<Block> read, Block written, boolean adds, Body body) {
    Backend cpu = cpu();
    try (TensorArena arena = cpu.newArena()) {
      List<Tensor> inputs = read.stream().map(block -> copy(name, memory, block, arena)).toList();
      Tensor out = adds ? copy(name, memory, written, arena) : written.onHost(arena);
      body.run(cpu, arena, inputs, out);
      memory.write(written.range().address(), out.host());
    }
  }

  private Tensor copy(String name, DeviceMemory memory, Block block, TensorArena arena) {
    Tensor host = block.onHost(arena);
    if (host.size() > 0) {
      driver.checkWritten(name, memory.read(block.range().address(), host.host()));
    }
    return host;
  }

  private Backend cpu() {
    Backend backend = opened;
    if (backend == null) {
      backend = CpuBackend.open();
      opened = backend;
    }
    return backend;
  }

  @Override
  public String description() {
    return "the CPU's convolution";
  }

  @Override
  public void close() {
    if (opened != null) {
      opened.close();
    }
  }
}
