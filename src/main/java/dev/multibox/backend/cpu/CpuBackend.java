package dev.multibox.backend.cpu;

import dev.multibox.backend.Backend;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.Checks;
import dev.multibox.backend.ConvertKernels;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The CPU of this machine. */
public final class CpuBackend implements Backend {
  private final Parallel parallel;
  private final Set<TensorArena> openArenas = new HashSet<>();
  private final ElementwiseKernels elementwise;
  private final WideningConvolutionKernels convolution;
  private final PoolingKernels pooling;
  private final BatchNormKernels batchNorm;
  private final L2NormKernels l2Norm;
  private final LossKernels loss;
  private final BoxKernels box;
  private final NmsKernels nms;
  private final OptimizerKernels optimizer;
  private final ConvertKernels convert;
  private final ImageKernels image;

  private CpuBackend(int threads, CpuConvolution convolutions) {
    parallel = new Parallel(convolutions.team(threads));
    elementwise = new CpuElementwiseKernels(parallel);
    convert = new CpuConvertKernels(parallel);
    convolution = new WideningConvolutionKernels(convolutions.kernels(parallel), convert);
    pooling = new CpuPoolingKernels(parallel);
    batchNorm = new CpuBatchNormKernels(parallel);
    l2Norm = new CpuL2NormKernels(parallel);
    loss = new CpuLossKernels(parallel);
    box = new CpuBoxKernels(parallel);
    nms = new CpuNmsKernels(parallel);
    optimizer = new CpuOptimizerKernels(parallel);
    image = new CpuImageKernels(parallel);
  }

  /** A backend that computes with every core. */
  public static CpuBackend open() {
    return open(Runtime.getRuntime().availableProcessors());
  }

  /** A backend that computes with this many threads, the caller among them. */
  public static CpuBackend open(int threads) {
    return open(threads, CpuConvolution.chosen());
  }

  /**
   * A backend with this many threads that convolves with {@code convolutions}.
   *
   * @throws java.io.UncheckedIOException if the library for that cannot be loaded
   */
  public static CpuBackend open(int threads, CpuConvolution convolutions) {
    Checks.require("cpu", threads > 0, "threads was %d, wanted at least 1", threads);
    convolutions.load();
    return new CpuBackend(threads, convolutions);
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return "%s, %d threads, convolution by %s"
        .formatted(System.getProperty("os.arch"), parallel.threads(), convolution);
  }

  @Override
  public int channelMultiple() {
    return 1;
  }

  @Override
  public TensorArena newArena() {
    CpuArena arena = new CpuArena(openArenas::remove);
    openArenas.add(arena);
    return arena;
  }

  @Override
  public void upload(MemorySegment source, Tensor target) {
    Checks.upload(source, target);
    target.host().copyFrom(source);
    target.markWritten();
  }

  @Override
  public void download(Tensor source, MemorySegment target) {
    Checks.download(source, target);
    target.copyFrom(source.host());
  }

  /** Convolution's alone, in native memory; what kernels have on Java's heap is not counted. */
  @Override
  public long workspaceBytes(Consumer<Backend> step, Map<ConvolutionCall, Set<Long>> convolutions) {
    return convolution.workspaceBytes(convolutions);
  }

  @Override
  public long workspaceBytes() {
    return convolution.workspaceBytes();
  }

  @Override
  public void synchronize() {
    // Every kernel has returned.
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public ConvolutionKernels convolution() {
    return convolution;
  }

  @Override
  public PoolingKernels pooling() {
    return pooling;
  }

  @Override
  public BatchNormKernels batchNorm() {
    return batchNorm;
  }

  @Override
  public L2NormKernels l2Norm() {
    return l2Norm;
  }

  @Override
  public LossKernels loss() {
    return loss;
  }

  @Override
  public BoxKernels box() {
    return box;
  }

  @Override
  public NmsKernels nms() {
    return nms;
  }

  @Override
  public OptimizerKernels optimizer() {
    return optimizer;
  }

  @Override
  public ConvertKernels convert() {
    return convert;
  }

  @Override
  public ImageKernels image() {
    return image;
  }

  @Override
  public void close() {
    if (!openArenas.isEmpty()) {
      throw new IllegalStateException(
          "cpu: %d arenas are still open; close them first".formatted(openArenas.size()));
    }
    convolution.close();
    parallel.close();
  }
}
