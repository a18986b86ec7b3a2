package dev.multibox.backend.cuda.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.CudaConvolution;
import dev.multibox.backend.cuda.CudnnConvolution;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The real cuDNN for everything but execution, which the CPU does on the simulated GPU: what cuDNN
 * itself read from the finalised descriptors, with the memory that the variant pack names. So a
 * step on the simulated GPU proves the descriptors, strides and accumulation that a real one would
 * get.
 *
 * <p>cuDNN does not give back the operations of a graph and the content of a variant pack, so those
 * are remembered as they were set.
 */
public final class SimulatedCudnn implements CudnnApi {
  private final CudnnApi real;
  private final HostConvolution host;
  private final GraphReader reader;
  private final Map<Long, Integer> types = new HashMap<>();
  private final Map<Long, Map<Integer, List<Long>>> links = new HashMap<>();
  private final Map<Long, GraphReader.Meaning> meanings = new HashMap<>();
  private final List<ConvolutionCall> executed = new ArrayList<>();

  private SimulatedCudnn(CudnnApi real, HostConvolution host) {
    this.real = real;
    this.host = host;
    reader =
        new GraphReader(
            real, (descriptor, attribute) -> known(known(links, descriptor), attribute).getFirst());
  }

  /** Convolution through cuDNN's descriptors on a simulated GPU, planned for an H200. */
  public static CudaConvolution open(CudaConvolution.Setting setting) {
    CudnnApi real = OfflineCudnn.require();
    SimulatedCudnn api = new SimulatedCudnn(real, HostConvolution.open(setting));
    PlanBook plans =
        new PlanBook(
            new PlanSearch(api, OfflineCudnn.h200(api)),
            PlanCache.none(),
            new PlanTimer(setting.driver(), setting.stream()),
            true,
            64L << 20);
    return new CudnnConvolution(setting, api, plans);
  }

  /** What was executed, in order. */
  List<ConvolutionCall> executed() {
    return executed;
  }

  @Override
  public long version() {
    return real.version();
  }

  @Override
  public long create(int type) {
    long descriptor = real.create(type);
    types.put(descriptor, type);
    links.put(descriptor, new HashMap<>());
    meanings.remove(descriptor);
    return descriptor;
  }

  @Override
  public void destroy(long descriptor) {
    real.destroy(descriptor);
  }

  @Override
  public void set(long descriptor, int attribute, int type, long count, MemorySegment values) {
    real.set(descriptor, attribute, type, count, values);
    if (values.byteSize() >= count * Long.BYTES) {
      remember(descriptor, attribute, count, values);
    }
  }

  private void remember(long descriptor, int attribute, long count, MemorySegment values) {
    List<Long> words = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      words.add(values.getAtIndex(JAVA_LONG, i));
    }
    known(links, descriptor).put(attribute, words);
  }

  private static <K, V> V known(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("simulated cuDNN: knows nothing of " + key);
    }
    return value;
  }

  private List<Long> linked(long descriptor, Attribute attribute) {
    return known(known(links, descriptor), attribute.code());
  }

  @Override
  public void finish(long descriptor) {
    real.finish(descriptor);
    int type = known(types, descriptor);
    if (type == DescriptorType.OPERATION_GRAPH.code()) {
      List<Long> operations = linked(descriptor, Attribute.GRAPH_OPERATIONS);
      List<Integer> kinds = new ArrayList<>();
      for (long operation : operations) {
        kinds.add(known(types, operation));
      }
      meanings.put(descriptor, reader.read(kinds, operations));
    } else if (type == DescriptorType.EXECUTION_PLAN.code()) {
      long config = linked(descriptor, Attribute.PLAN_CONFIG).getFirst();
      meanings.put(descriptor, known(meanings, config));
    }
  }

  @Override
  public long get(long descriptor, int attribute, int type, long capacity, MemorySegment values) {
    long count = real.get(descriptor, attribute, type, capacity, values);
    if (attribute == Attribute.HEURISTIC_RESULTS.code()) {
      long graph = linked(descriptor, Attribute.HEURISTIC_GRAPH).getFirst();
      for (long i = 0; i < Math.min(count, capacity); i++) {
        meanings.put(values.getAtIndex(JAVA_LONG, i), known(meanings, graph));
      }
    }
    return count;
  }

  @Override
  public long handle() {
    throw new IllegalStateException("simulated cuDNN: has no handle");
  }

  @Override
  public void execute(long plan, long variantPack) {
    GraphReader.Meaning meaning = known(meanings, plan);
    Map<Long, Long> memory = new HashMap<>();
    List<Long> uids = linked(variantPack, Attribute.PACK_UIDS);
    List<Long> pointers = linked(variantPack, Attribute.PACK_POINTERS);
    for (int i = 0; i < uids.size(); i++) {
      memory.put(uids.get(i), pointers.get(i));
    }
    ConvolutionCall call = meaning.call();
    DType type = call.type();
    Tensor x = HostConvolution.tensor(known(memory, meaning.x()), call.x(), type);
    Tensor w = HostConvolution.tensor(known(memory, meaning.w()), call.filter(), type);
    Tensor y = HostConvolution.tensor(known(memory, meaning.y()), call.out(), type);
    Accumulate accumulate = call.accumulate();
    switch (call.pass()) {
      case FORWARD, FORWARD_NORMALISED -> {
        Shape channels = Shape.of(call.out().dim(3));
        Tensor bias =
            call.bias()
                ? HostConvolution.tensor(known(memory, meaning.bias()), channels, type)
                : null;
        host.enqueueForward(x, w, bias, call.activation(), call.params(), y);
      }
      case BACKWARD_DATA -> host.enqueueBackwardData(y, w, call.params(), x, accumulate);
      case BACKWARD_FILTER -> host.enqueueBackwardFilter(x, y, call.params(), w, accumulate);
    }
    executed.add(call);
  }

  /** The real one stays open for the next. */
  @Override
  public void close() {
    host.close();
  }
}
