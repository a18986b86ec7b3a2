package dev.multibox.backend.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.multibox.natives.JCudaNatives;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnBackendDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnStatus;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/**
 * {@link CudnnApi} through JCudnn. The names of status codes in its jar are those of cuDNN 8, so
 * its exceptions are left off and cuDNN itself is asked what it means.
 */
public final class JCudnnApi implements CudnnApi {
  /** Every function of cuDNN that is called here: the library must have them all. */
  public static final List<String> FUNCTIONS =
      List.of(
          "cudnnBackendCreateDescriptor",
          "cudnnBackendDestroyDescriptor",
          "cudnnBackendExecute",
          "cudnnBackendFinalize",
          "cudnnBackendGetAttribute",
          "cudnnBackendSetAttribute",
          "cudnnCreate",
          "cudnnDestroy",
          "cudnnGetErrorString",
          "cudnnGetVersion",
          "cudnnSetStream");

  private static final int SUCCESS = cudnnStatus.CUDNN_STATUS_SUCCESS;
  private static final int MESSAGE_BYTES = 1024;

  private final @Nullable JCudaStream stream;
  private final Map<Long, Descriptor> descriptors = new HashMap<>();
  private @Nullable Handle handle;

  private JCudnnApi(@Nullable JCudaStream stream) {
    this.stream = stream;
  }

  /** A descriptor that a call fills in. */
  private static final class Descriptor extends cudnnBackendDescriptor {
    long address() {
      return getNativePointer();
    }
  }

  /** A handle that a call fills in. */
  private static final class Handle extends cudnnHandle {
    long address() {
      return getNativePointer();
    }
  }

  /**
   * cuDNN with its work on {@code stream}; {@code libcudnn.so.9} must be loaded already.
   *
   * @throws IOException if JCudnn's natives cannot be loaded
   */
  public static JCudnnApi open(Stream stream) throws IOException {
    if (!(stream instanceof JCudaStream own)) {
      throw new IllegalArgumentException("cuDNN: a stream of another driver");
    }
    JCudaNatives.loadCudnn();
    return new JCudnnApi(own);
  }

  /** cuDNN for plans alone, which needs no GPU. */
  public static JCudnnApi openOffline() throws IOException {
    JCudaNatives.loadCudnn();
    return new JCudnnApi(null);
  }

  @Override
  public long version() {
    return JCudnn.cudnnGetVersion();
  }

  @Override
  public long create(int type) {
    Descriptor descriptor = new Descriptor();
    check(
        JCudnn.cudnnBackendCreateDescriptor(type, descriptor), "create(descriptor type %d)", type);
    descriptors.put(descriptor.address(), descriptor);
    return descriptor.address();
  }

  @Override
  public void destroy(long descriptor) {
    Descriptor known = descriptors.remove(descriptor);
    if (known == null) {
      throw new IllegalArgumentException("destroy: no descriptor at 0x%x".formatted(descriptor));
    }
    check(JCudnn.cudnnBackendDestroyDescriptor(known), "destroy(0x%x)", descriptor);
  }

  @Override
  public void set(long descriptor, int attribute, int type, long count, MemorySegment values) {
    check(
        JCudnn.cudnnBackendSetAttribute(
            at(descriptor), attribute, type, count, Native.host(values)),
        "set(attribute=%d, type=%d, count=%d)",
        attribute,
        type,
        count);
  }

  @Override
  public void finish(long descriptor) {
    check(JCudnn.cudnnBackendFinalize(at(descriptor)), "finalize(0x%x)", descriptor);
  }

  @Override
  public long get(long descriptor, int attribute, int type, long capacity, MemorySegment values) {
    long[] count = new long[1];
    check(
        JCudnn.cudnnBackendGetAttribute(
            at(descriptor), attribute, type, capacity, count, Native.host(values)),
        "get(attribute=%d, type=%d)",
        attribute,
        type);
    return count[0];
  }

  @Override
  public long handle() {
    return openHandle().address();
  }

  private Handle openHandle() {
    Handle open = handle;
    if (open == null) {
      if (stream == null) {
        throw new IllegalStateException("cuDNN: opened for plans alone");
      }
      open = new Handle();
      check(JCudnn.cudnnCreate(open), "cudnnCreate()");
      check(JCudnn.cudnnSetStream(open, new cudaStream_t(stream.stream())), "cudnnSetStream()");
      handle = open;
    }
    return open;
  }

  @Override
  public void execute(long plan, long variantPack) {
    check(
        JCudnn.cudnnBackendExecute(openHandle(), at(plan), at(variantPack)),
        "execute(plan=0x%x)",
        plan);
  }

  private Descriptor at(long descriptor) {
    Descriptor known = descriptors.get(descriptor);
    if (known == null) {
      throw new IllegalArgumentException("cuDNN: no descriptor at 0x%x".formatted(descriptor));
    }
    return known;
  }

  @FormatMethod
  private static void check(int status, @FormatString String call, Object... args) {
    if (status != SUCCESS) {
      String said = lastError();
      throw new CudnnException(
          String.format(Locale.ROOT, call, args),
          status,
          said.isEmpty() ? JCudnn.cudnnGetErrorString(status) : said);
    }
  }

  /** What cuDNN remembers of the error, which says more than its status; empty if it cannot. */
  @SuppressWarnings("restricted")
  private static String lastError() {
    var function = SymbolLookup.loaderLookup().find("cudnnGetLastErrorString");
    if (function.isEmpty()) {
      return "";
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocate(MESSAGE_BYTES);
      Linker.nativeLinker()
          .downcallHandle(function.get(), FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG))
          .invokeExact(message, (long) MESSAGE_BYTES);
      return message.getString(0).strip();
    } catch (Throwable e) {
      throw new IllegalStateException("cudnnGetLastErrorString", e);
    }
  }

  @Override
  public void close() {
    descriptors.values().forEach(JCudnn::cudnnBackendDestroyDescriptor);
    descriptors.clear();
    if (handle != null) {
      check(JCudnn.cudnnDestroy(handle), "cudnnDestroy()");
      handle = null;
    }
  }
}
