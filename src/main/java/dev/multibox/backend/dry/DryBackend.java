package dev.multibox.backend.dry;

import dev.multibox.backend.Backend;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BoxKernels;
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
import dev.multibox.backend.Staging;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for another backend: every tensor has a shape and an address of its own, no address is
 * ever given twice, and nothing stands behind them. What is downloaded is zeros.
 */
public final class DryBackend implements Backend {
  /** Who is told what happens. */
  @FunctionalInterface
  public interface Witness {
    /** One kernel or copy ran and read or wrote these, or parts of them. */
    void touched(List<Tensor> tensors);
  }

  private final int channelMultiple;
  private final int stagingTurns;
  private final boolean masks;
  private final Touches touches = new Touches(this::tell);
  private final ElementwiseKernels elementwise = new DryElementwiseKernels(touches);
  private final DryConvolutionKernels convolution = new DryConvolutionKernels(touches);
  private final PoolingKernels pooling = new DryPoolingKernels(touches);
  private final BatchNormKernels batchNorm = new DryBatchNormKernels(touches);
  private final L2NormKernels l2Norm = new DryL2NormKernels(touches);
  private final LossKernels loss = new DryLossKernels(touches);
  private final BoxKernels box = new DryBoxKernels(touches);
  private final NmsKernels nms = new DryNmsKernels(touches);
  private final OptimizerKernels optimizer = new DryOptimizerKernels(touches);
  private final ConvertKernels convert = new DryConvertKernels(touches);
  private final ImageKernels image = new DryImageKernels(touches);
  private @Nullable Witness witness;
  private long nextAddress = TensorArena.ALIGNMENT;

  private DryBackend(int channelMultiple, int stagingTurns, boolean masks) {
    this.channelMultiple = channelMultiple;
    this.stagingTurns = stagingTurns;
    this.masks = masks;
  }

  /** One that stands in for {@code backend}. */
  public static DryBackend of(Backend backend) {
    return new DryBackend(backend.channelMultiple(), backend.stagingTurns(), backend.keepsMasks());
  }

  /** One that stands in for a backend which pads channels to this multiple. */
  public static DryBackend withChannelMultiple(int multiple) {
    return new DryBackend(multiple, 1, false);
  }

  /** One that stands in for a GPU, where there is none. */
  public static DryBackend gpu() {
    return new DryBackend(8, 2, true);
  }

  /** Tells {@code listener} alone from now on. */
  public void tell(Witness listener) {
    witness = listener;
  }

  private void tell(List<Tensor> touched) {
    if (witness != null) {
      witness.touched(touched);
    }
  }

  /** Every different convolution that was asked for, in order, with its filters' addresses. */
  public Map<ConvolutionCall, Set<Long>> convolutions() {
    return convolution.calls();
  }

  @Override
  public String name() {
    return "dry";
  }

  @Override
  public String description() {
    return "shapes alone";
  }

  @Override
  public int channelMultiple() {
    return channelMultiple;
  }

  @Override
  public boolean keepsMasks() {
    return masks;
  }

  @Override
  public int stagingTurns() {
    return stagingTurns;
  }

  @Override
  public Staging newStaging(long bytes, TensorArena arena) {
    return new DryStaging(bytes, stagingTurns, arena);
  }

  @Override
  public TensorArena newArena() {
    return new DryArena(this::take);
  }

  private long take(long bytes) {
    long address = nextAddress;
    nextAddress = Math.addExact(nextAddress, bytes);
    return address;
  }

  @Override
  public void upload(MemorySegment source, Tensor target) {
    tell(List.of(target));
  }

  @Override
  public void download(Tensor source, MemorySegment target) {
    tell(List.of(source));
    target.fill((byte) 0);
  }

  @Override
  public void synchronize() {
    // Nothing is ever begun.
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
    // Nothing was opened.
  }
}
