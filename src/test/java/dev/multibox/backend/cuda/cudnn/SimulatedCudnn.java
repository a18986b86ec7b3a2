package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.CudaConvolution;
import dev.multibox.backend.cuda.CudnnConvolution;
import dev.multibox.backend.cuda.driver.CublasApi;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedCublas;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The real cuDNN for everything but execution, which the CPU does on the simulated GPU: what cuDNN
 * itself read from the finalised descriptors, with the memory that the variant pack names. So a
 * step on the simulated GPU proves the descriptors, strides and accumulation that a real one would
 * get.
 */
public final class SimulatedCudnn extends ReadingCudnn {
  /** Times are taken once: every backend behind the first is as one of a later process. */
  private static final PlanCache REMEMBERED = PlanCache.none();

  private final HostConvolution host;

  private SimulatedCudnn(CudnnApi real, HostConvolution host) {
    super(real);
    this.host = host;
  }

  /** Convolution through cuDNN's descriptors on a simulated GPU, planned for an H200. */
  public static CudaConvolution open(CudaConvolution.Setting setting) {
    return open(setting, HostConvolution.open(setting));
  }

  /** The same with {@code host} in place of the GPU's arithmetic. */
  public static CudaConvolution open(CudaConvolution.Setting setting, HostConvolution host) {
    return open(setting, host, () -> new SimulatedCublas(host), true);
  }

  /** The same without TF32, so that there are products for {@code cublas}. */
  static CudaConvolution openExact(CudaConvolution.Setting setting, SimulatedCublas cublas) {
    return open(setting, HostConvolution.open(setting), () -> cublas, false);
  }

  private static CudaConvolution open(
      CudaConvolution.Setting setting,
      HostConvolution host,
      Supplier<CublasApi> cublas,
      boolean tf32) {
    SimulatedCudnn api = new SimulatedCudnn(OfflineCudnn.open(), host);
    return CudnnConvolution.open(setting, api, OfflineCudnn.h200(api), REMEMBERED, cublas, tf32);
  }

  @Override
  public void execute(long plan, long variantPack) {
    GraphReader.Meaning meaning = meaning(plan);
    Map<Long, Long> memory = new HashMap<>();
    List<Long> uids = given(variantPack, Attribute.PACK_UIDS);
    List<Long> pointers = given(variantPack, Attribute.PACK_POINTERS);
    for (int i = 0; i < uids.size(); i++) {
      memory.put(uids.get(i), pointers.get(i));
    }
    ConvolutionCall call = meaning.call();
    DType type = call.type();
    Tensor x = Tensor.unowned(call.x(), type, known(memory, meaning.x()));
    Tensor w = Tensor.unowned(call.filter(), type, known(memory, meaning.w()));
    Tensor y = Tensor.unowned(call.out(), type, known(memory, meaning.y()));
    Accumulate accumulate = call.accumulate();
    switch (call.pass()) {
      case FORWARD, FORWARD_NORMALISED -> {
        Shape channels = Shape.of(call.out().dim(3));
        Tensor bias =
            call.bias() ? Tensor.unowned(channels, type, known(memory, meaning.bias())) : null;
        host.enqueueForward(x, w, bias, call.activation(), call.params(), y);
      }
      case BACKWARD_DATA -> host.enqueueBackwardData(y, w, call.params(), x, accumulate);
      case BACKWARD_FILTER -> host.enqueueBackwardFilter(x, y, call.params(), w, accumulate);
    }
  }

  @Override
  public void close() {
    host.close();
  }
}
