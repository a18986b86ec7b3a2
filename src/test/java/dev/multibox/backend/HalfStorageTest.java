package dev.multibox.backend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cpu.CpuConvolution;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * F16 is storage: what an op makes of F16 tensors is, to the bit, what it makes of F32 ones with
 * the same values, rounded once where the result is F16. So it is for every op of {@link
 * HalfCases}, and an op that is not there is in {@link FullCases} and has no F16.
 */
class HalfStorageTest {
  @TestFactory
  Stream<DynamicTest> roundsWhatTheSameOpMakesOfFloats() {
    return HalfCases.all().entrySet().stream()
        .map(op -> DynamicTest.dynamicTest(op.getKey(), () -> check(op.getValue())));
  }

  @Test
  void everyOpIsChecked() {
    Set<String> listed = new TreeSet<>(FullCases.all().keySet());
    listed.addAll(HalfCases.all().keySet());

    assertThat(listed).hasSizeGreaterThan(25).isEqualTo(Ops.all());
  }

  /**
   * The same on the simulated GPU, for the families that the CUDA backend has; but a sum over
   * everything takes as many elements at once as make 16 bytes, so its order depends on the type.
   */
  @TestFactory
  Stream<DynamicTest> kernelsRoundWhatTheSameKernelMakesOfFloats() {
    return HalfCases.all().entrySet().stream()
        .filter(op -> SimulatedBackend.has(op.getKey()))
        .filter(op -> !op.getKey().equals("ElementwiseKernels.sum"))
        .map(op ->
            DynamicTest.dynamicTest(
                op.getKey(),
                () -> {
                  try (Backend backend = SimulatedBackend.open()) {
                    check(backend, op.getValue());
                  }
                }));
  }

  private static void check(OpCases.Case op) {
    for (CpuConvolution convolutions : CpuConvolution.values()) {
      try (Backend backend = CpuBackend.open(2, convolutions)) {
        check(backend, op);
      }
    }
  }

  private static void check(Backend backend, OpCases.Case op) {
    for (Shape shape : op.shapes()) {
      for (Activation activation : Activation.values()) {
        check(backend, op.body(), shape, activation);
      }
    }
  }

  private static void check(
      Backend backend, OpCases.Body body, Shape shape, Activation activation) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      HalfRun floats = new HalfRun(backend, tensors, DType.F32, activation);
      HalfRun halves = new HalfRun(backend, tensors, DType.F16, activation);
      body.run(floats, shape);
      body.run(halves, shape);
      assertThat(halves.results()).isNotEmpty().hasSameSizeAs(floats.results());
      for (int i = 0; i < halves.results().size(); i++) {
        Tensor result = halves.results().get(i);
        assertThat(elements(tensors, result, result.dtype()))
            .describedAs("result %d of %s with %s", i, shape, activation)
            .isEqualTo(elements(tensors, floats.results().get(i), result.dtype()));
      }
    }
  }

  /** The elements as an array, rounded to {@code type}. */
  private static Object elements(Tensors tensors, Tensor tensor, DType type) {
    return switch (tensor.dtype()) {
      case I32 -> tensors.bytes(tensor).toArray(JAVA_INT_UNALIGNED);
      case U8 -> tensors.bytes(tensor).toArray(JAVA_BYTE);
      case F32, F16 -> {
        float[] values = tensors.values(tensor);
        for (int i = 0; i < values.length && type == DType.F16; i++) {
          values[i] = Tensors.half(values[i]);
        }
        yield values;
      }
    };
  }
}
