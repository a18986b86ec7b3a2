package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One device: its memory and its kernels.
 *
 * <p>A backend is used by one thread at a time and may spread a kernel over as many as it likes.
 * Arenas must be closed before their backend.
 */
public interface Backend extends AutoCloseable {
  /** The name in messages and test reports: {@code cpu}, {@code cuda}. */
  String name();

  /** One line on what computes, for a user: processor and threads, or GPU and library versions. */
  String description();

  /**
   * The multiple to which channel counts of the image and of head outputs are padded, with zeros in
   * the padding: 1 on the CPU, 8 where tensor cores want it.
   */
  int channelMultiple();

  /**
   * Whether backward is better off with a bit of each activation than with the activation itself,
   * which is sixteen times as much to read in F16; false where memory is not what takes the time.
   */
  default boolean keepsMasks() {
    return false;
  }

  /** A new, empty arena on this device. */
  TensorArena newArena();

  /**
   * Copies host memory into {@code target}, which may lie on a device.
   *
   * @throws IllegalArgumentException if {@code source} is not exactly as long as {@code target}
   */
  void upload(MemorySegment source, Tensor target);

  /**
   * Copies {@code source} into host memory and waits for it.
   *
   * @throws IllegalArgumentException if {@code target} is not exactly as long as {@code source}
   */
  void download(Tensor source, MemorySegment target);

  /**
   * Copies host memory into {@code target} in the order of what is asked of this backend, without
   * waiting for it; the source may be changed on return. For what is small and new in every step.
   */
  default void send(MemorySegment source, Tensor target) {
    upload(source, target);
  }

  /**
   * The way of large data to this device.
   *
   * @param bytes the most that is sent at a time
   * @param arena where it lies there
   */
  default Staging newStaging(long bytes, TensorArena arena) {
    return new DirectStaging(bytes, arena);
  }

  /** How many buffers on this device a {@link Staging} takes in turn. */
  default int stagingTurns() {
    return 1;
  }

  /** The way of {@code source}, F32, to the host. */
  default Outlet newOutlet(Tensor source) {
    return new DirectOutlet(this, source);
  }

  /**
   * {@code work} as something that is asked for again and again: it asks the same kernels for the
   * same tensors each time, neither waits nor allocates, and may be recorded and played back where
   * that is faster, without being run again.
   */
  default Runnable repeatable(Runnable work) {
    return work;
  }

  /**
   * The bytes of this device that kernels take beside their operands over a step, one after the
   * other in the same place: what {@link #workspaceBytes()} will be.
   *
   * @param step is run on a backend that asks for as much as this one and computes nothing
   * @param convolutions the step's, each with the filters it is of
   */
  default long workspaceBytes(
      Consumer<Backend> step, Map<ConvolutionCall, Set<Long>> convolutions) {
    return 0;
  }

  /** The bytes of this device that kernels have taken beside their operands so far. */
  default long workspaceBytes() {
    return 0;
  }

  /** Takes so many bytes for that now, so that a step of which they were said takes none. */
  default void reserveWorkspace(long bytes) {
    // What kernels take they find when they run.
  }

  /** Waits until everything asked of this backend is done. */
  void synchronize();

  ElementwiseKernels elementwise();

  ConvolutionKernels convolution();

  PoolingKernels pooling();

  BatchNormKernels batchNorm();

  L2NormKernels l2Norm();

  LossKernels loss();

  BoxKernels box();

  NmsKernels nms();

  OptimizerKernels optimizer();

  ConvertKernels convert();

  ImageKernels image();

  /**
   * Frees the device.
   *
   * @throws IllegalStateException if an arena of this backend is still open
   */
  @Override
  void close();

  /** Copies {@code values} into an F32 tensor. */
  default void upload(float[] values, Tensor target) {
    Checks.dtype("upload", DType.F32, target);
    upload(MemorySegment.ofArray(values), target);
  }

  /** Copies {@code values} into an I32 tensor. */
  default void upload(int[] values, Tensor target) {
    Checks.dtype("upload", DType.I32, target);
    upload(MemorySegment.ofArray(values), target);
  }

  /** {@link #send(MemorySegment, Tensor)} of F32 values. */
  default void send(float[] values, Tensor target) {
    Checks.dtype("send", DType.F32, target);
    send(MemorySegment.ofArray(values), target);
  }

  /** {@link #send(MemorySegment, Tensor)} of I32 values. */
  default void send(int[] values, Tensor target) {
    Checks.dtype("send", DType.I32, target);
    send(MemorySegment.ofArray(values), target);
  }

  /** The elements of an F32 tensor that fits an array. */
  default float[] floats(Tensor source) {
    Checks.dtype("download", DType.F32, source);
    float[] values = new float[Math.toIntExact(source.size())];
    download(source, MemorySegment.ofArray(values));
    return values;
  }

  /** The elements of an I32 tensor that fits an array. */
  default int[] ints(Tensor source) {
    Checks.dtype("download", DType.I32, source);
    int[] values = new int[Math.toIntExact(source.size())];
    download(source, MemorySegment.ofArray(values));
    return values;
  }
}
