package dev.multibox.backend.cuda;

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
import dev.multibox.backend.Outlet;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.Staging;
import dev.multibox.backend.cuda.cudnn.PlanCache;
import dev.multibox.backend.cuda.cudnn.PlanTarget;
import dev.multibox.backend.cuda.driver.CublasApi;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.DryDriver;
import dev.multibox.backend.cuda.driver.JCublasApi;
import dev.multibox.backend.cuda.driver.JCudaDriver;
import dev.multibox.backend.cuda.driver.JCudnnApi;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One GPU, through a {@link Driver}. All kernels run on one stream, so that memory is used again in
 * the order of the calls and nobody waits.
 */
public final class CudaBackend implements Backend {
  /** What tensor cores want channel counts to be a multiple of. */
  private static final int CHANNEL_MULTIPLE = 8;

  private static final long SLAB_BYTES = 8 << 20;

  private final Driver driver;
  private final long slabBytes;
  private final Stream stream;

  /** What is closed with this backend, before its streams. */
  private final List<Runnable> closings = new ArrayList<>();

  private final CudaWorkspace workspace;
  private final List<KernelFamily> families = new ArrayList<>();
  private final Set<TensorArena> openArenas = new HashSet<>();
  private final ElementwiseKernels elementwise;
  private final PoolingKernels pooling;
  private final BatchNormKernels batchNorm;
  private final L2NormKernels l2Norm;
  private final BoxKernels box;
  private final NmsKernels nms;
  private final TableUpload tables;
  private final ImageKernels image;
  private final OptimizerKernels optimizer;
  private final LossKernels loss;
  private final CudaConvertKernels convert;
  private final CudaConvolution convolution;
  private @Nullable Stream copies;
  private @Nullable CudaSend small;
  private boolean graphs = !Launch.isWaitedFor();

  private CudaBackend(Driver driver, CudaConvolution.Source convolutions, long slabBytes) {
    this.driver = driver;
    this.slabBytes = slabBytes;
    stream = driver.newStream();
    workspace = new CudaWorkspace(driver);
    ColumnSums columns = new ColumnSums(family("columns"));
    convert = new CudaConvertKernels(family("convert"));
    CudaChannels channels = new CudaChannels(family("channels"), columns);
    elementwise = new CudaElementwiseKernels(family("elementwise"), columns, channels, convert);
    pooling = new CudaPoolingKernels(family("pooling"), columns);
    batchNorm = new CudaBatchNormKernels(family("batchnorm"), columns);
    l2Norm = new CudaL2NormKernels(family("l2norm"), columns);
    box = new CudaBoxKernels(family("box"));
    nms = new CudaNmsKernels(family("nms"));
    tables = new TableUpload(driver, stream, workspace);
    image = new CudaImageKernels(family("image"), tables);
    optimizer = new CudaOptimizerKernels(family("optimizer"));
    loss =
        new CudaLossKernels(
            family("loss"), new CudaMultiboxLoss(family("multibox"), driver.device()));
    convolution =
        convolutions.open(
            new CudaConvolution.Setting(
                driver, stream, workspace, elementwise, batchNorm, convert));
  }

  /**
   * A backend on the GPU {@code ordinal} of this machine, from 0 on, that convolves with cuDNN.
   *
   * @param tf32 whether convolutions of F32 may round their factors to TF32
   * @throws IOException if JCuda's natives cannot be loaded
   * @throws dev.multibox.backend.cuda.driver.DriverException if the GPU cannot be opened
   */
  public static CudaBackend open(int ordinal, boolean tf32) throws IOException {
    JCudaDriver driver = JCudaDriver.open(ordinal);
    boolean complete = false;
    try {
      CudaBackend backend = open(driver, setting -> cudnn(setting, tf32));
      complete = true;
      return backend;
    } finally {
      if (!complete) {
        driver.close();
      }
    }
  }

  private static CudaConvolution cudnn(CudaConvolution.Setting setting, boolean tf32) {
    try {
      CudnnApi api = JCudnnApi.open(setting.stream());
      PlanCache cache = PlanCache.open(setting.driver().device().name(), api.version());
      return CudnnConvolution.open(
          setting, api, PlanTarget.ofHandle(api), cache, () -> cublas(setting.stream()), tf32);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CublasApi cublas(Stream stream) {
    try {
      return JCublasApi.open(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A backend on {@code driver}, which is closed with it. */
  public static CudaBackend open(Driver driver, CudaConvolution.Source convolutions) {
    return new CudaBackend(driver, convolutions, SLAB_BYTES);
  }

  /**
   * {@link #open} with an allocation of the driver's for every tensor, exactly as long as that: a
   * driver that checks accesses sees the first byte beyond.
   */
  public static CudaBackend openUnpooled(Driver driver, CudaConvolution.Source convolutions) {
    return new CudaBackend(driver, convolutions, 0);
  }

  /** A backend that launches nothing, with all that one on {@code device} would ask for. */
  public static CudaBackend dry(DeviceProperties device) {
    return open(new DryDriver(device), _ -> new DryConvolution()).withoutGraphs();
  }

  /** Asks for repeatable work kernel by kernel from now on, for comparing that with graphs. */
  public CudaBackend withoutGraphs() {
    graphs = false;
    return this;
  }

  private KernelFamily family(String name) {
    KernelFamily family = KernelFamily.load(driver, stream, workspace, name);
    families.add(family);
    return family;
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String description() {
    DeviceProperties device = driver.device();
    return "%s, compute capability %d.%d, %d MiB, convolution by %s"
        .formatted(
            device.name(),
            device.computeMajor(),
            device.computeMinor(),
            device.totalBytes() >> 20,
            convolution.description());
  }

  @Override
  public int channelMultiple() {
    return CHANNEL_MULTIPLE;
  }

  @Override
  public boolean keepsMasks() {
    return true;
  }

  @Override
  public TensorArena newArena() {
    CudaArena arena = new CudaArena(this, driver, slabBytes);
    openArenas.add(arena);
    return arena;
  }

  void closed(TensorArena arena) {
    openArenas.remove(arena);
  }

  /** The stream that everything of this backend runs on. */
  public Stream stream() {
    return stream;
  }

  @Override
  public void upload(MemorySegment source, Tensor target) {
    Checks.upload(source, target);
    if (target.bytes() > 0) {
      driver.upload(source, target.address());
    }
    target.markWritten();
  }

  @Override
  public void download(Tensor source, MemorySegment target) {
    Checks.download(source, target);
    if (source.bytes() > 0) {
      driver.download(source.address(), target);
    }
  }

  @Override
  public void send(MemorySegment source, Tensor target) {
    if (!CudaSend.takes(source.byteSize())) {
      upload(source, target);
      return;
    }
    Checks.upload(source, target);
    if (small == null) {
      small = new CudaSend(driver, stream);
      closings.add(small::close);
    }
    if (target.bytes() > 0) {
      small.send(source, target.address());
    }
    target.markWritten();
  }

  @Override
  public Staging newStaging(long bytes, TensorArena arena) {
    if (copies == null) {
      copies = driver.newStream();
    }
    CudaStaging staging = new CudaStaging(driver, stream, copies, bytes, arena);
    closings.add(staging::close);
    return staging;
  }

  @Override
  public int stagingTurns() {
    return CudaStaging.TURNS;
  }

  @Override
  public Outlet newOutlet(Tensor source) {
    CudaOutlet outlet = new CudaOutlet(driver, stream, source);
    closings.add(outlet::close);
    return outlet;
  }

  /**
   * As a graph, which is freed with this backend; as it is where {@link #withoutGraphs} says so, or
   * where every launch is waited for, which cannot be captured.
   */
  @Override
  public Runnable repeatable(Runnable work) {
    if (!graphs) {
      return work;
    }
    CudaReplay replay = new CudaReplay(stream, workspace, work);
    closings.add(replay::close);
    return replay;
  }

  @Override
  public long workspaceBytes(Consumer<Backend> step, Map<ConvolutionCall, Set<Long>> convolutions) {
    long libraries = convolution.workspaceBytes(convolutions.keySet());
    try (CudaBackend dry = dry(driver.device())) {
      step.accept(dry);
      return TensorArena.padded(Math.max(libraries, dry.workspace.bytes()));
    }
  }

  @Override
  public long workspaceBytes() {
    return workspace.bytes();
  }

  @Override
  public void reserveWorkspace(long bytes) {
    workspace.take(bytes);
  }

  @Override
  public void synchronize() {
    stream.synchronize();
  }

  @Override
  public ElementwiseKernels elementwise() {
    return elementwise;
  }

  @Override
  public BoxKernels box() {
    return box;
  }

  @Override
  public ConvertKernels convert() {
    return convert;
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
  public NmsKernels nms() {
    return nms;
  }

  @Override
  public OptimizerKernels optimizer() {
    return optimizer;
  }

  @Override
  public ImageKernels image() {
    return image;
  }

  @Override
  public void close() {
    if (!openArenas.isEmpty()) {
      throw new IllegalStateException(
          "cuda: %d arenas are still open; close them first".formatted(openArenas.size()));
    }
    convolution.close();
    closings.forEach(Runnable::run);
    families.forEach(KernelFamily::close);
    tables.close();
    workspace.close();
    if (copies != null) {
      copies.close();
    }
    stream.close();
    driver.close();
  }
}
