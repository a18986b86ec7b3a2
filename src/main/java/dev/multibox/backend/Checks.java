package dev.multibox.backend;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The refusals of all kernels. Messages read {@code op: what was, what was wanted}; every failure
 * is an {@link IllegalArgumentException} thrown before anything is computed.
 */
public final class Checks {
  private Checks() {}

  /** Refuses unless {@code condition} holds. */
  @FormatMethod
  public static void require(
      String op, boolean condition, @FormatString String message, @Nullable Object... args) {
    if (!condition) {
      throw new IllegalArgumentException(op + ": " + message.formatted(args));
    }
  }

  /** Refuses tensors of another shape than the first. */
  public static void sameShape(String op, Tensor first, Tensor... others) {
    for (Tensor other : others) {
      require(
          op,
          first.shape().equals(other.shape()),
          "shapes were %s and %s, wanted equal ones",
          first.shape(),
          other.shape());
    }
  }

  /** Refuses a tensor of another shape. */
  public static void shape(String op, String name, Tensor tensor, Shape wanted) {
    require(
        op, tensor.shape().equals(wanted), "%s was %s, wanted %s", name, tensor.shape(), wanted);
  }

  /** Refuses a tensor of another shape than {@code [dims...]}. */
  public static void shape(String op, String name, Tensor tensor, long... wanted) {
    shape(op, name, tensor, Shape.of(wanted));
  }

  /** Refuses a tensor with another number of axes. */
  public static void rank(String op, String name, Tensor tensor, int wanted) {
    require(
        op,
        tensor.shape().rank() == wanted,
        "%s was %s, wanted %d axes",
        name,
        tensor.shape(),
        wanted);
  }

  /** Refuses tensors of another element type. */
  public static void dtype(String op, DType wanted, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      require(op, tensor.dtype() == wanted, "a tensor was %s, wanted %s", tensor, wanted);
    }
  }

  /** Refuses tensors whose elements are not of one floating-point type, F32 or F16. */
  public static void sameFloat(String op, Tensor first, Tensor... others) {
    require(
        op,
        first.dtype() == DType.F32 || first.dtype() == DType.F16,
        "a tensor was %s, wanted F32 or F16",
        first);
    for (Tensor other : others) {
      require(
          op,
          first.dtype() == other.dtype(),
          "types were %s and %s, wanted equal ones",
          first.dtype(),
          other.dtype());
    }
  }

  /** Refuses a value that is not finite and above zero. */
  public static void positive(String op, String name, float value) {
    require(
        op,
        value > 0 && value < Float.POSITIVE_INFINITY,
        "%s was %s, wanted a positive number",
        name,
        value);
  }

  /** Refuses a value that is not a number of at least zero. */
  public static void notNegative(String op, String name, float value) {
    require(op, value >= 0, "%s was %s, wanted at least 0", name, value);
  }

  /** Refuses host memory that is not exactly as long as the tensor it is copied to. */
  public static void upload(MemorySegment source, Tensor target) {
    require(
        "upload",
        source.byteSize() == target.bytes(),
        "source was %d bytes, %s needs %d",
        source.byteSize(),
        target,
        target.bytes());
  }

  /** Refuses host memory that is not exactly as long as the tensor that is copied to it. */
  public static void download(Tensor source, MemorySegment target) {
    require(
        "download",
        target.byteSize() == source.bytes(),
        "target was %d bytes, %s has %d",
        target.byteSize(),
        source,
        source.bytes());
  }

  /** Refuses a per-channel vector that is not {@code [C]} F32 for {@code x [..., C]}. */
  public static void channelVector(String op, String name, Tensor vector, Tensor x) {
    require(op, x.shape().rank() > 0, "x was a scalar, wanted a last axis of channels");
    shape(op, name, vector, x.shape().dim(-1));
    require(op, vector.dtype() == DType.F32, "%s was %s, wanted F32", name, vector);
  }
}
