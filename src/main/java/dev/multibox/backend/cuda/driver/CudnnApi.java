package dev.multibox.backend.cuda.driver;

import java.lang.foreign.MemorySegment;

/**
 * The graph API of cuDNN 9, as far as convolution needs it. Everything is a descriptor, known by
 * its address, that is created, given attributes and finalised; an attribute is a number with an
 * array of values of one type.
 *
 * <p>Nothing but {@link #handle} and {@link #execute} needs a GPU. One thread at a time.
 *
 * <p>Every method throws {@link CudnnException}, naming the call, if cuDNN refuses.
 */
public interface CudnnApi extends AutoCloseable {
  /** For example 92400 for 9.24.0. */
  long version();

  /** A new descriptor of this type, {@code cudnnBackendDescriptorType_t}. */
  long create(int type);

  void destroy(long descriptor);

  /**
   * Sets an attribute.
   *
   * @param attribute of {@code cudnnBackendAttributeName_t}
   * @param type of {@code cudnnBackendAttributeType_t}
   * @param count of the values, which {@code values} holds in native order
   */
  void set(long descriptor, int attribute, int type, long count, MemorySegment values);

  /** Checks what was set; no attribute can be set from then on. */
  void finish(long descriptor);

  /**
   * Fills {@code values} with an attribute.
   *
   * @param capacity how many values {@code values} has room for
   * @return how many there are, which may be more
   */
  long get(long descriptor, int attribute, int type, long capacity, MemorySegment values);

  /** The {@code cudnnHandle_t}, made at the first call, which needs a GPU. */
  long handle();

  /** Puts a finished execution plan with its finished variant pack on the stream. */
  void execute(long plan, long variantPack);

  @Override
  void close();
}
