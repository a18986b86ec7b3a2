package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.backend.BatchNormKernels;
import dev.multibox.backend.BoxKernels;
import dev.multibox.backend.ConvertKernels;
import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.backend.ElementwiseKernels;
import dev.multibox.backend.ImageKernels;
import dev.multibox.backend.L2NormKernels;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.OptimizerKernels;
import dev.multibox.backend.Outlet;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.Staging;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.sim.CountingDriver;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.HostLoss;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;

/**
 * The CUDA backend on a simulated GPU whose waits and allocations are counted, with the loss by the
 * CPU's kernels on the simulated memory; with or without graphs.
 */
final class SimulatedTrainingBackend implements Backend {
  private final SimulatedDriver simulated;
  private final CountingDriver driver;
  private final CudaBackend cuda;
  private final HostLoss loss;
  private final boolean graphs;

  private SimulatedTrainingBackend(long seed, boolean graphs) {
    this.graphs = graphs;
    simulated = SimulatedDriver.open(seed);
    driver = new CountingDriver(simulated);
    cuda =
        CudaBackend.open(
            driver,
            setting -> HostConvolution.open(simulated, CountingDriver.inner(setting.stream())));
    loss = new HostLoss(simulated, CountingDriver.inner(cuda.stream()));
  }

  /** One that plays steps back as graphs. */
  static SimulatedTrainingBackend open(long seed) {
    return new SimulatedTrainingBackend(seed, true);
  }

  /** One that asks for every kernel each time. */
  static SimulatedTrainingBackend eager(long seed) {
    return new SimulatedTrainingBackend(seed, false);
  }

  /** What was asked of the driver. */
  CountingDriver driver() {
    return driver;
  }

  @Override
  public String name() {
    return cuda.name();
  }

  @Override
  public String description() {
    return cuda.description();
  }

  @Override
  public int channelMultiple() {
    return cuda.channelMultiple();
  }

  @Override
  public boolean keepsMasks() {
    return cuda.keepsMasks();
  }

  @Override
  public TensorArena newArena() {
    return cuda.newArena();
  }

  @Override
  public void upload(MemorySegment source, Tensor target) {
    cuda.upload(source, target);
  }

  @Override
  public void download(Tensor source, MemorySegment target) {
    cuda.download(source, target);
  }

  @Override
  public void send(MemorySegment source, Tensor target) {
    cuda.send(source, target);
  }

  @Override
  public Staging newStaging(long bytes, TensorArena arena) {
    return cuda.newStaging(bytes, arena);
  }

  @Override
  public int stagingTurns() {
    return cuda.stagingTurns();
  }

  @Override
  public Outlet newOutlet(Tensor source) {
    return cuda.newOutlet(source);
  }

  @Override
  public Runnable repeatable(Runnable work) {
    return graphs ? cuda.repeatable(work) : work;
  }

  @Override
  public void synchronize() {
    cuda.synchronize();
  }

  @Override
  public ElementwiseKernels elementwise() {
    return cuda.elementwise();
  }

  @Override
  public ConvolutionKernels convolution() {
    return cuda.convolution();
  }

  @Override
  public PoolingKernels pooling() {
    return cuda.pooling();
  }

  @Override
  public BatchNormKernels batchNorm() {
    return cuda.batchNorm();
  }

  @Override
  public L2NormKernels l2Norm() {
    return cuda.l2Norm();
  }

  @Override
  public LossKernels loss() {
    return loss;
  }

  @Override
  public BoxKernels box() {
    return cuda.box();
  }

  @Override
  public NmsKernels nms() {
    return cuda.nms();
  }

  @Override
  public OptimizerKernels optimizer() {
    return cuda.optimizer();
  }

  @Override
  public ConvertKernels convert() {
    return cuda.convert();
  }

  @Override
  public ImageKernels image() {
    return cuda.image();
  }

  @Override
  public void close() {
    cuda.close();
    loss.close();
  }
}
