package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.natives.OneDnnLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * The part of oneDNN's C API that convolution needs.
 *
 * <p>What a method makes is destroyed when the arena it is given is closed. A status other than
 * success becomes an {@link IllegalStateException} with the name of the function. Call {@link
 * OneDnnLibrary#load} before touching this class: it says why a library cannot be loaded.
 */
@SuppressWarnings("restricted")
final class OneDnn {
  // All constants are from oneDNN's headers, dnnl_types.h and dnnl_common_types.h. The letters of a
  // layout are the axes as oneDNN counts them, in their order in memory.
  static final int LAYOUT_ANY = 1;
  static final int LAYOUT_A = 2;

  /** Axes N C H W in memory as N H W C; likewise a filter's K C R S as K R S C. */
  static final int LAYOUT_ACDB = 22;

  /** Axes G K C R S of a filter in groups in memory as G K R S C. */
  static final int LAYOUT_ABDEC = 31;

  static final int SRC = 1;
  static final int DST = 17;
  static final int WEIGHTS = 33;
  static final int BIAS = 41;
  static final int SCRATCHPAD = 80;
  static final int DIFF_SRC = 129;
  static final int DIFF_DST = 145;
  static final int DIFF_WEIGHTS = 161;

  static final int QUERY_WEIGHTS = 131;
  static final int QUERY_DIFF_WEIGHTS = 132;
  static final int QUERY_SCRATCHPAD = 136;

  private static final int F32 = 3;
  private static final int CPU = 1;
  private static final int STREAM_IN_ORDER = 1;
  private static final int FORWARD_TRAINING = 64;
  private static final int CONVOLUTION_DIRECT = 1;
  private static final int SCRATCHPAD_USER = 1;

  /**
   * What a convolution is made of, in the order of the C functions.
   *
   * @param bias {@link MemorySegment#NULL} for none
   * @param dilation 0 is dense
   */
  record Convolution(
      MemorySegment x,
      MemorySegment filter,
      MemorySegment bias,
      MemorySegment out,
      MemorySegment stride,
      MemorySegment dilation,
      MemorySegment pad) {}

  private static final OneDnnLibrary LIBRARY = library();

  private static final MethodHandle OMP_SET_NUM_THREADS =
      OneDnnFunction.downcall(
          LIBRARY.openMp(), "omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
  private static final MethodHandle VERSION =
      OneDnnFunction.downcall(LIBRARY.oneDnn(), "dnnl_version", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle DESCRIPTOR_SIZE =
      OneDnnFunction.downcall(
          LIBRARY.oneDnn(), "dnnl_memory_desc_get_size", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
  private static final MethodHandle DESCRIPTOR_EQUAL =
      OneDnnFunction.downcall(
          LIBRARY.oneDnn(),
          "dnnl_memory_desc_equal",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle QUERY_DESCRIPTOR =
      OneDnnFunction.downcall(
          LIBRARY.oneDnn(),
          "dnnl_primitive_desc_query_md",
          FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));

  private static final OneDnnFunction ENGINE_CREATE =
      function("engine_create", ADDRESS, JAVA_INT, JAVA_LONG);
  private static final OneDnnFunction ENGINE_DESTROY = function("engine_destroy", ADDRESS);
  private static final OneDnnFunction STREAM_CREATE =
      function("stream_create", ADDRESS, ADDRESS, JAVA_INT);
  private static final OneDnnFunction STREAM_WAIT = function("stream_wait", ADDRESS);
  private static final OneDnnFunction STREAM_DESTROY = function("stream_destroy", ADDRESS);
  private static final OneDnnFunction DESCRIPTOR_CREATE =
      function("memory_desc_create_with_tag", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final OneDnnFunction DESCRIPTOR_DESTROY = function("memory_desc_destroy", ADDRESS);
  private static final OneDnnFunction MEMORY_CREATE =
      function("memory_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final OneDnnFunction MEMORY_SET_DATA =
      function("memory_set_data_handle", ADDRESS, ADDRESS);
  private static final OneDnnFunction MEMORY_DESTROY = function("memory_destroy", ADDRESS);
  private static final OneDnnFunction ATTRIBUTES_CREATE =
      function("primitive_attr_create", ADDRESS);
  private static final OneDnnFunction ATTRIBUTES_POST_OPS =
      function("primitive_attr_set_post_ops", ADDRESS, ADDRESS);
  private static final OneDnnFunction ATTRIBUTES_SCRATCHPAD =
      function("primitive_attr_set_scratchpad_mode", ADDRESS, JAVA_INT);
  private static final OneDnnFunction ATTRIBUTES_DETERMINISTIC =
      function("primitive_attr_set_deterministic", ADDRESS, JAVA_INT);
  private static final OneDnnFunction ATTRIBUTES_DESTROY =
      function("primitive_attr_destroy", ADDRESS);
  // The new description and the engine; kind and algorithm; descriptors, settings and attributes.
  private static final OneDnnFunction FORWARD =
      function("convolution_forward_primitive_desc_create", layouts(2, 2, 9));
  private static final OneDnnFunction BACKWARD_DATA =
      function("convolution_backward_data_primitive_desc_create", layouts(2, 1, 9));
  private static final OneDnnFunction BACKWARD_FILTER =
      function("convolution_backward_weights_primitive_desc_create", layouts(2, 1, 10));
  private static final OneDnnFunction REORDER =
      function("reorder_primitive_desc_create", layouts(6, 0, 0));
  private static final OneDnnFunction DESCRIPTION_DESTROY =
      function("primitive_desc_destroy", ADDRESS);
  private static final OneDnnFunction PRIMITIVE_CREATE =
      function("primitive_create", ADDRESS, ADDRESS);
  private static final OneDnnFunction PRIMITIVE_EXECUTE =
      function("primitive_execute", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
  private static final OneDnnFunction PRIMITIVE_DESTROY = function("primitive_destroy", ADDRESS);

  private OneDnn() {}

  /** The runtime whose threads it computes with. */
  static SymbolLookup openMp() {
    return LIBRARY.openMp();
  }

  /** For example {@code 3.11.0}. */
  static String version() {
    try {
      // dnnl_version_t starts with the three numbers.
      MemorySegment version = ((MemorySegment) VERSION.invokeExact()).reinterpret(12);
      return "%d.%d.%d"
          .formatted(
              version.getAtIndex(JAVA_INT, 0),
              version.getAtIndex(JAVA_INT, 1),
              version.getAtIndex(JAVA_INT, 2));
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  /** Lets parallel regions that the calling thread enters from now on run on this many threads. */
  static void setThreads(int threads) {
    try {
      OMP_SET_NUM_THREADS.invokeExact(threads);
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  static MemorySegment engine(Arena arena) {
    return ENGINE_CREATE.create(arena, ENGINE_DESTROY, CPU, 0L);
  }

  static MemorySegment stream(Arena arena, MemorySegment engine) {
    return STREAM_CREATE.create(arena, STREAM_DESTROY, engine, STREAM_IN_ORDER);
  }

  static void await(MemorySegment stream) {
    try {
      STREAM_WAIT.check((int) STREAM_WAIT.handle().invokeExact(stream));
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  /** Describes F32 memory of these axes, in oneDNN's order of axes. */
  static MemorySegment descriptor(Arena arena, int layout, long... dims) {
    try (Arena local = Arena.ofConfined()) {
      return DESCRIPTOR_CREATE.create(
          arena, DESCRIPTOR_DESTROY, dims.length, dims(local, dims), F32, layout);
    }
  }

  /** {@code dnnl_dims_t}: as many of its twelve numbers as there are. */
  static MemorySegment dims(Arena arena, long... dims) {
    MemorySegment twelve = arena.allocate(JAVA_LONG, 12);
    MemorySegment.copy(dims, 0, twelve, JAVA_LONG, 0, dims.length);
    return twelve;
  }

  /** The bytes that memory so described takes, padding included. */
  static long bytes(MemorySegment descriptor) {
    try {
      return (long) DESCRIPTOR_SIZE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  /** Whether two descriptors mean the same axes in the same layout. */
  static boolean equal(MemorySegment first, MemorySegment second) {
    try {
      return (int) DESCRIPTOR_EQUAL.invokeExact(first, second) != 0;
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  /** Memory without data; {@link #setData} gives it some. */
  static MemorySegment memory(Arena arena, MemorySegment engine, MemorySegment descriptor) {
    return MEMORY_CREATE.create(arena, MEMORY_DESTROY, descriptor, engine, MemorySegment.NULL);
  }

  static void setData(MemorySegment memory, MemorySegment data) {
    try {
      MEMORY_SET_DATA.check((int) MEMORY_SET_DATA.handle().invokeExact(memory, data));
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  /**
   * Attributes of a primitive that is handed its scratchpad, computes the same bits every time and
   * does nothing behind its result.
   */
  static MemorySegment attributes(Arena arena) {
    MemorySegment attributes = ATTRIBUTES_CREATE.create(arena, ATTRIBUTES_DESTROY);
    ATTRIBUTES_SCRATCHPAD.call(attributes, SCRATCHPAD_USER);
    ATTRIBUTES_DETERMINISTIC.call(attributes, 1);
    return attributes;
  }

  /** Lets a primitive do this to its result. */
  static void then(MemorySegment attributes, OneDnnPostOps postOps) {
    ATTRIBUTES_POST_OPS.call(attributes, postOps.handle());
  }

  static MemorySegment forward(
      Arena arena, MemorySegment engine, Convolution c, MemorySegment attributes) {
    return FORWARD.create(
        arena,
        DESCRIPTION_DESTROY,
        engine,
        FORWARD_TRAINING,
        CONVOLUTION_DIRECT,
        c.x,
        c.filter,
        c.bias,
        c.out,
        c.stride,
        c.dilation,
        c.pad,
        c.pad,
        attributes);
  }

  /** Needs the description of the forward convolution as a hint. */
  static MemorySegment backwardData(
      Arena arena,
      MemorySegment engine,
      Convolution c,
      MemorySegment forward,
      MemorySegment attributes) {
    return BACKWARD_DATA.create(
        arena,
        DESCRIPTION_DESTROY,
        engine,
        CONVOLUTION_DIRECT,
        c.x,
        c.filter,
        c.out,
        c.stride,
        c.dilation,
        c.pad,
        c.pad,
        forward,
        attributes);
  }

  /** Needs the description of the forward convolution as a hint. */
  static MemorySegment backwardFilter(
      Arena arena,
      MemorySegment engine,
      Convolution c,
      MemorySegment forward,
      MemorySegment attributes) {
    return BACKWARD_FILTER.create(
        arena,
        DESCRIPTION_DESTROY,
        engine,
        CONVOLUTION_DIRECT,
        c.x,
        c.filter,
        c.bias,
        c.out,
        c.stride,
        c.dilation,
        c.pad,
        c.pad,
        forward,
        attributes);
  }

  /** Copies from one layout into another. */
  static MemorySegment reorder(
      Arena arena,
      MemorySegment engine,
      MemorySegment from,
      MemorySegment to,
      MemorySegment attributes) {
    return REORDER.create(arena, DESCRIPTION_DESTROY, from, engine, to, engine, attributes);
  }

  /** A descriptor that lives as long as {@code description}, which chose it. */
  static MemorySegment query(MemorySegment description, int what) {
    try {
      return (MemorySegment) QUERY_DESCRIPTOR.invokeExact(description, what, 0);
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  static MemorySegment primitive(Arena arena, MemorySegment description) {
    return PRIMITIVE_CREATE.create(arena, PRIMITIVE_DESTROY, description);
  }

  /** Runs {@code primitive} on {@code count} pairs of an argument's number and its memory. */
  static void execute(
      MemorySegment primitive, MemorySegment stream, int count, MemorySegment arguments) {
    try {
      PRIMITIVE_EXECUTE.check(
          (int) PRIMITIVE_EXECUTE.handle().invokeExact(primitive, stream, count, arguments));
    } catch (Throwable e) {
      throw OneDnnFunction.rethrow(e);
    }
  }

  private static OneDnnLibrary library() {
    try {
      return OneDnnLibrary.load();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static OneDnnFunction function(String name, MemoryLayout... arguments) {
    return OneDnnFunction.of(LIBRARY.oneDnn(), name, arguments);
  }

  /** So many addresses, then so many ints, then so many addresses. */
  private static MemoryLayout[] layouts(int addresses, int ints, int moreAddresses) {
    MemoryLayout[] layouts = new MemoryLayout[addresses + ints + moreAddresses];
    Arrays.fill(layouts, ADDRESS);
    Arrays.fill(layouts, addresses, addresses + ints, JAVA_INT);
    return layouts;
  }
}
