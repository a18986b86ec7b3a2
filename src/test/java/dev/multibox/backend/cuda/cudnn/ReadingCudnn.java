package dev.multibox.backend.cuda.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.CudnnException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The real cuDNN, except that it executes nothing, and for each graph and each plan what cuDNN
 * itself read from the finalised descriptors.
 *
 * <p>cuDNN does not give back the operations of a graph, what a pointwise operation does, and the
 * content of a variant pack, so those are remembered as they were set.
 */
class ReadingCudnn implements CudnnApi {
  private final CudnnApi real;
  private final GraphReader reader;
  private final Map<Long, Integer> types = new HashMap<>();
  private final Map<Long, Map<Integer, List<Long>>> set = new HashMap<>();
  private final Map<Long, GraphReader.Meaning> meanings = new HashMap<>();

  ReadingCudnn(CudnnApi real) {
    this.real = real;
    reader =
        new GraphReader(
            real, (descriptor, attribute) -> known(known(set, descriptor), attribute).getFirst());
  }

  /** What a finalised graph says, or the graph of a finalised plan. */
  final GraphReader.Meaning meaning(long descriptor) {
    return known(meanings, descriptor);
  }

  /** What an attribute was set to. */
  final List<Long> given(long descriptor, Attribute attribute) {
    return known(known(set, descriptor), attribute.code());
  }

  static <K, V> V known(Map<K, V> map, K key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("reading cuDNN: knows nothing of " + key);
    }
    return value;
  }

  @Override
  public final long version() {
    return real.version();
  }

  @Override
  public final long create(int type) {
    long descriptor = real.create(type);
    types.put(descriptor, type);
    set.put(descriptor, new HashMap<>());
    return descriptor;
  }

  @Override
  public final void destroy(long descriptor) {
    real.destroy(descriptor);
    types.remove(descriptor);
    set.remove(descriptor);
    meanings.remove(descriptor);
  }

  @Override
  public final void set(
      long descriptor, int attribute, int type, long count, MemorySegment values) {
    real.set(descriptor, attribute, type, count, values);
    long bytes = values.byteSize() / count;
    List<Long> words = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      words.add(
          bytes == Long.BYTES
              ? values.getAtIndex(JAVA_LONG, i)
              : bytes == Integer.BYTES ? values.getAtIndex(JAVA_INT, i) : values.get(JAVA_BYTE, i));
    }
    known(set, descriptor).put(attribute, words);
  }

  @Override
  public final void finish(long descriptor) {
    real.finish(descriptor);
    int type = known(types, descriptor);
    if (type == DescriptorType.OPERATION_GRAPH.code()) {
      List<Long> operations = given(descriptor, Attribute.GRAPH_OPERATIONS);
      List<Integer> kinds = operations.stream().map(operation -> known(types, operation)).toList();
      meanings.put(descriptor, read(kinds, operations));
    } else if (type == DescriptorType.EXECUTION_PLAN.code()) {
      meanings.put(descriptor, meaning(given(descriptor, Attribute.PLAN_CONFIG).getFirst()));
    }
  }

  /** What cuDNN cannot be asked is a fault here, and not a graph that it does not support. */
  private GraphReader.Meaning read(List<Integer> kinds, List<Long> operations) {
    try {
      return reader.read(kinds, operations);
    } catch (CudnnException e) {
      throw new IllegalStateException("reading cuDNN: a graph cannot be read", e);
    }
  }

  @Override
  public final long get(
      long descriptor, int attribute, int type, long capacity, MemorySegment values) {
    long count = real.get(descriptor, attribute, type, capacity, values);
    if (attribute == Attribute.HEURISTIC_RESULTS.code()) {
      long graph = given(descriptor, Attribute.HEURISTIC_GRAPH).getFirst();
      for (long i = 0; i < Math.min(count, capacity); i++) {
        meanings.put(values.getAtIndex(JAVA_LONG, i), meaning(graph));
      }
    }
    return count;
  }

  @Override
  public final long handle() {
    throw new IllegalStateException("reading cuDNN: has no handle");
  }

  @Override
  public void execute(long plan, long variantPack) {
    throw new IllegalStateException("reading cuDNN: executes nothing");
  }

  /** The real one stays open for the next. */
  @Override
  public void close() {
    // Documented.
  }
}
