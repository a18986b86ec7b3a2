package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuInit;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import dev.multibox.natives.JCudaNatives;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import org.jspecify.annotations.Nullable;

/**
 * A GPU through NVIDIA's driver, which JCuda calls.
 *
 * <p>It works in the device's primary context, so that cuDNN and cuBLAS see the same memory and the
 * same streams; each thread that calls has it made current once.
 */
public final class JCudaDriver implements Driver {
  /** Which driver each thread works with. */
  private static final ThreadLocal<@Nullable JCudaDriver> CURRENT = new ThreadLocal<>();

  /** Every function of the driver that is called here: the driver must have them all. */
  public static final List<String> FUNCTIONS =
      List.of(
          "cuCtxSetCurrent",
          "cuCtxSynchronize",
          "cuDeviceGet",
          "cuDeviceGetAttribute",
          "cuDeviceGetCount",
          "cuDeviceGetName",
          "cuDevicePrimaryCtxRelease_v2",
          "cuDevicePrimaryCtxRetain",
          "cuDeviceTotalMem_v2",
          "cuDriverGetVersion",
          "cuEventCreate",
          "cuEventDestroy_v2",
          "cuEventElapsedTime",
          "cuEventQuery",
          "cuEventRecord",
          "cuEventSynchronize",
          "cuFuncGetAttribute",
          "cuFuncSetAttribute",
          "cuGetErrorName",
          "cuGetErrorString",
          "cuGraphDestroy",
          "cuGraphExecDestroy",
          "cuGraphGetNodes",
          "cuGraphInstantiateWithFlags",
          "cuGraphLaunch",
          "cuInit",
          "cuLaunchKernel",
          "cuMemAlloc_v2",
          "cuMemFreeHost",
          "cuMemFree_v2",
          "cuMemGetInfo_v2",
          "cuMemHostAlloc",
          "cuMemcpyDtoDAsync_v2",
          "cuMemcpyDtoHAsync_v2",
          "cuMemcpyHtoDAsync_v2",
          "cuMemsetD8Async",
          "cuModuleGetFunction",
          "cuModuleGetGlobal_v2",
          "cuModuleLoadDataEx",
          "cuModuleUnload",
          "cuStreamBeginCapture_v2",
          "cuStreamCreate",
          "cuStreamDestroy_v2",
          "cuStreamEndCapture",
          "cuStreamSynchronize",
          "cuStreamWaitEvent");

  /** Pinned for every context, {@code CU_MEMHOSTALLOC_PORTABLE}. */
  private static final int PORTABLE = 1;

  private final CUdevice device;
  private final CUcontext context;
  private final DeviceProperties properties;
  private final Set<Long> allocations = ConcurrentHashMap.newKeySet();
  private final PinnedRanges pinned = new PinnedRanges();
  private final JCudaStream transfers;
  private volatile boolean open = true;

  private JCudaDriver(CUdevice device, DeviceProperties properties) {
    this.device = device;
    this.properties = properties;
    context = new CUcontext();
    check(cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain(%s)", properties);
    use();
    transfers = new JCudaStream(this);
  }

  /**
   * The number of GPUs.
   *
   * @throws IOException if JCuda's natives cannot be loaded; {@code libcuda.so.1} must be loaded
   *     already
   * @throws DriverException if the driver does not start
   */
  public static int count() throws IOException {
    start();
    int[] count = new int[1];
    check(cuDeviceGetCount(count), "cuDeviceGetCount()");
    return count[0];
  }

  private static void start() throws IOException {
    JCudaNatives.loadDriver();
    check(cuInit(0), "cuInit()");
  }

  /** What GPU {@code ordinal} is; asking leaves no trace on it. */
  public static DeviceProperties properties(int ordinal) throws IOException {
    start();
    return DeviceQuery.properties(deviceOf(ordinal));
  }

  private static CUdevice deviceOf(int ordinal) {
    CUdevice device = new CUdevice();
    check(cuDeviceGet(device, ordinal), "cuDeviceGet(ordinal=%d)", ordinal);
    return device;
  }

  /**
   * The GPU {@code ordinal}, from 0 on.
   *
   * @throws IOException if JCuda's natives cannot be loaded; {@code libcuda.so.1} must be loaded
   *     already
   */
  public static JCudaDriver open(int ordinal) throws IOException {
    start();
    CUdevice device = deviceOf(ordinal);
    return new JCudaDriver(device, DeviceQuery.properties(device));
  }

  /** Makes the context current to the calling thread. */
  void use() {
    if (CURRENT.get() != this) {
      check(cuCtxSetCurrent(context), "cuCtxSetCurrent()");
      CURRENT.set(this);
    }
  }

  @Override
  public DeviceProperties device() {
    return properties;
  }

  @Override
  public long freeBytes() {
    use();
    long[] free = new long[1];
    long[] total = new long[1];
    check(cuMemGetInfo(free, total), "cuMemGetInfo()");
    return free[0];
  }

  @Override
  public long allocate(long bytes) {
    String call = String.format(Locale.ROOT, "allocate(bytes=%d)", bytes);
    if (bytes <= 0) {
      throw new IllegalArgumentException("%s: wanted a positive number".formatted(call));
    }
    use();
    Native.DevicePointer pointer = new Native.DevicePointer();
    check(cuMemAlloc(pointer, bytes), "%s", call);
    allocations.add(pointer.address());
    return pointer.address();
  }

  @Override
  public void free(long address) {
    synchronize();
    check(cuMemFree(Native.device(address)), "free(address=0x%x)", address);
    allocations.remove(address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes, Arena arena) {
    use();
    Native.HostPointer pointer = new Native.HostPointer();
    check(cuMemHostAlloc(pointer, bytes, PORTABLE), "allocatePinned(bytes=%d)", bytes);
    MemorySegment segment = pinned(pointer.address(), bytes, arena);
    pinned.add(segment);
    return segment;
  }

  @SuppressWarnings("restricted")
  private MemorySegment pinned(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address)
        .reinterpret(
            bytes,
            arena,
            memory -> {
              // A closed driver's context took its pinned memory along.
              if (open) {
                use();
                check(cuMemFreeHost(Native.host(memory)), "cuMemFreeHost(0x%x)", memory.address());
              }
            });
  }

  PinnedRanges pinned() {
    return pinned;
  }

  @Override
  public void upload(MemorySegment source, long target) {
    synchronize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = source.isNative() ? source : arena.allocate(source.byteSize(), 16);
      if (!source.isNative()) {
        host.copyFrom(source);
      }
      String call = "upload(%d bytes, target=0x%x)".formatted(source.byteSize(), target);
      check(
          cuMemcpyHtoDAsync(
              Native.device(target), Native.host(host), host.byteSize(), transfers.stream()),
          "%s",
          call);
      // A copy from memory that is not pinned may return before the device has the last of it.
      check(cuStreamSynchronize(transfers.stream()), "%s", call);
    }
  }

  @Override
  public void download(long source, MemorySegment target) {
    synchronize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = target.isNative() ? target : arena.allocate(target.byteSize(), 16);
      String call = "download(source=0x%x, %d bytes)".formatted(source, target.byteSize());
      check(
          cuMemcpyDtoHAsync(
              Native.host(host), Native.device(source), host.byteSize(), transfers.stream()),
          "%s",
          call);
      check(cuStreamSynchronize(transfers.stream()), "%s", call);
      if (!target.isNative()) {
        target.copyFrom(host);
      }
    }
  }

  @Override
  public Stream newStream() {
    use();
    return new JCudaStream(this);
  }

  @Override
  public Event newEvent() {
    use();
    return new JCudaEvent(this);
  }

  @Override
  public KernelModule load(String name, byte[] ptx) {
    use();
    return new JCudaModule(this, name, ptx);
  }

  @Override
  public void synchronize() {
    use();
    check(cuCtxSynchronize(), "synchronize()");
  }

  @Override
  public void close() {
    use();
    transfers.close();
    for (long address : allocations) {
      check(cuMemFree(Native.device(address)), "close(): free(0x%x)", address);
    }
    allocations.clear();
    open = false;
    CURRENT.remove();
    check(cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease(%s)", properties);
  }
}
