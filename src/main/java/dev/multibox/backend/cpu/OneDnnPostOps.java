package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.Activation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a primitive of oneDNN does to its result before it writes it, one after the other. */
final class OneDnnPostOps {
  // From dnnl_types.h.
  private static final int RELU = 32;
  private static final int HARD_SIGMOID = 40;
  private static final int CLIP = 46;
  private static final int HARD_SWISH = 52;
  private static final int BINARY_ADD = 0x1fff0;
  private static final int BINARY_MULTIPLY = 0x1fff1;
  private static final int UNDEFINED_TYPE = 0;

  /** {@code DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1}. */
  private static final int ARGUMENT_BASE = 32768;

  private static final int SECOND_SOURCE = 2;

  private static final OneDnnFunction CREATE = OneDnn.function("post_ops_create", ADDRESS);
  private static final OneDnnFunction ELTWISE =
      OneDnn.function("post_ops_append_eltwise", ADDRESS, JAVA_INT, JAVA_FLOAT, JAVA_FLOAT);
  private static final OneDnnFunction SUM =
      OneDnn.function("post_ops_append_sum", ADDRESS, JAVA_FLOAT, JAVA_INT, JAVA_INT);
  private static final OneDnnFunction BINARY =
      OneDnn.function("post_ops_append_binary", ADDRESS, JAVA_INT, ADDRESS);
  private static final OneDnnFunction DESTROY = OneDnn.function("post_ops_destroy", ADDRESS);

  private final MemorySegment handle;
  private int count;

  /** None yet; gone when {@code arena} is closed. */
  OneDnnPostOps(Arena arena) {
    handle = CREATE.create(arena, DESTROY);
  }

  MemorySegment handle() {
    return handle;
  }

  /** Applies the function. */
  OneDnnPostOps apply(Activation activation) {
    switch (activation) {
      case NONE -> {}
      case RELU -> eltwise(RELU, 0, 0);
      case RELU6 -> eltwise(CLIP, 0, 6);
      case HARD_SIGMOID -> eltwise(HARD_SIGMOID, 1f / 6, 0.5f);
      case HARD_SWISH -> eltwise(HARD_SWISH, 1f / 6, 0.5f);
    }
    return this;
  }

  private void eltwise(int function, float alpha, float beta) {
    ELTWISE.call(handle, function, alpha, beta);
    count++;
  }

  /** Adds what the result's memory holds. */
  OneDnnPostOps addToResult() {
    SUM.call(handle, 1f, 0, UNDEFINED_TYPE);
    count++;
    return this;
  }

  /**
   * Adds memory so described, an axis of 1 repeated.
   *
   * @return the number of the argument that brings it
   */
  int add(MemorySegment descriptor) {
    return binary(BINARY_ADD, descriptor);
  }

  /** Multiplies by memory so described, likewise. */
  int multiply(MemorySegment descriptor) {
    return binary(BINARY_MULTIPLY, descriptor);
  }

  private int binary(int operation, MemorySegment descriptor) {
    BINARY.call(handle, operation, descriptor);
    count++;
    return ARGUMENT_BASE * count | SECOND_SOURCE;
  }
}
