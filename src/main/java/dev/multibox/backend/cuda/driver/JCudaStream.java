package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static dev.multibox.backend.cuda.driver.DriverStatus.failure;
import static jcuda.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUgraph;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/**
 * A {@code CUstream} that does not wait for the default stream, on which other threads may do as
 * they like while this one captures.
 */
final class JCudaStream implements Stream {
  private final JCudaDriver driver;
  private final Native.StreamPointer stream = new Native.StreamPointer();
  private boolean capturing;

  JCudaStream(JCudaDriver driver) {
    this.driver = driver;
    check(cuStreamCreate(stream, CU_STREAM_NON_BLOCKING), "newStream()");
  }

  CUstream stream() {
    return stream;
  }

  @Override
  public long handle() {
    return stream.address();
  }

  @Override
  public void upload(MemorySegment source, long target) {
    driver.pinned().require("upload", source);
    driver.use();
    check(
        cuMemcpyHtoDAsync(Native.device(target), Native.host(source), source.byteSize(), stream),
        "Stream.upload(%d bytes, 0x%x)",
        source.byteSize(),
        target);
  }

  @Override
  public void download(long source, MemorySegment target) {
    driver.pinned().require("download", target);
    driver.use();
    check(
        cuMemcpyDtoHAsync(Native.host(target), Native.device(source), target.byteSize(), stream),
        "Stream.download(0x%x, %d bytes)",
        source,
        target.byteSize());
  }

  @Override
  public void copy(long source, long target, long bytes) {
    driver.use();
    check(
        cuMemcpyDtoDAsync(Native.device(target), Native.device(source), bytes, stream),
        "Stream.copy(0x%x, 0x%x, %d bytes)",
        source,
        target,
        bytes);
  }

  @Override
  public void fill(long address, long bytes, byte value) {
    driver.use();
    check(
        cuMemsetD8Async(Native.device(address), value, bytes, stream),
        "Stream.fill(0x%x, %d bytes)",
        address,
        bytes);
  }

  @Override
  public void launch(Launch launch) {
    if (!(launch.kernel() instanceof JCudaKernel kernel)) {
      throw new IllegalArgumentException("%s: a kernel of another driver".formatted(launch));
    }
    driver.use();
    int status =
        cuLaunchKernel(
            kernel.function(),
            launch.gridX(),
            launch.gridY(),
            launch.gridZ(),
            launch.blockX(),
            launch.blockY(),
            launch.blockZ(),
            launch.sharedBytes(),
            stream,
            Native.host(launch.addresses()),
            null);
    // Nothing is formatted for a launch that succeeds.
    if (status != CUresult.CUDA_SUCCESS) {
      throw failure(status, launch.toString());
    }
  }

  @Override
  public void launch(Graph graph) {
    if (!(graph instanceof JCudaGraph captured)) {
      throw new IllegalArgumentException("launch: a graph of another driver");
    }
    driver.use();
    check(cuGraphLaunch(captured.executable(), stream), "Stream.launch(graph)");
  }

  @Override
  public void record(Event event) {
    driver.use();
    check(cuEventRecord(((JCudaEvent) event).event(), stream), "Stream.record(event)");
  }

  @Override
  public void waitFor(Event event) {
    driver.use();
    check(cuStreamWaitEvent(stream, ((JCudaEvent) event).event(), 0), "Stream.waitFor(event)");
  }

  @Override
  public Graph capture(Runnable work) {
    driver.use();
    check(
        cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "Stream.capture(work): begin");
    capturing = true;
    boolean complete = false;
    CUgraph graph = new CUgraph();
    int ended;
    try {
      work.run();
      complete = true;
    } finally {
      capturing = false;
      ended = cuStreamEndCapture(stream, graph);
      if (!complete && ended == CUresult.CUDA_SUCCESS) {
        int _ = cuGraphDestroy(graph);
      }
    }
    check(ended, "Stream.capture(work)");
    return new JCudaGraph(driver, graph);
  }

  @Override
  public boolean isCapturing() {
    return capturing;
  }

  @Override
  public void synchronize() {
    driver.use();
    check(cuStreamSynchronize(stream), "Stream.synchronize()");
  }

  @Override
  public void close() {
    synchronize();
    check(cuStreamDestroy(stream), "Stream.close()");
  }
}
