package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.multibox.Tensors;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.sim.report.SimulatedFault;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The simulated GPU convolves as the CPU does, in the order of its stream. */
class HostConvolutionTest {
  private static final Shape X = Shape.of(2, 7, 5, 8);
  private static final Shape FILTER = Shape.of(16, 3, 3, 8);
  private static final ConvolutionParams PARAMS = ConvolutionParams.of(2, 1);

  private static CudaBackend simulated() {
    return CudaBackend.openUnpooled(SimulatedDriver.open(1), HostConvolution::open);
  }

  private static Tensor ramp(Tensors tensors, DType dtype, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 23 - 11) / 8f;
    }
    return tensors.of(dtype, shape, values);
  }

  /** The result of every direction, the gradients added to what was there. */
  private static List<float[]> results(Backend backend, DType dtype) {
    List<float[]> results = new ArrayList<>();
    try (backend;
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = ramp(tensors, dtype, X);
      Tensor filter = ramp(tensors, dtype, FILTER);
      Tensor bias = ramp(tensors, DType.F32, Shape.of(16));
      Tensor out = tensors.allocate(PARAMS.outputShape(X, FILTER), dtype);
      Tensor dx = ramp(tensors, dtype, X);
      Tensor dFilter = tensors.allocate(FILTER, dtype);
      backend.convolution().forward(x, filter, bias, Activation.RELU, PARAMS, out);
      backend.convolution().backwardData(out, filter, PARAMS, Gradient.add(dx));
      backend.convolution().backwardFilter(x, out, PARAMS, Gradient.overwrite(dFilter));
      backend.convolution().backwardFilter(x, out, PARAMS, Gradient.add(dFilter));
      for (Tensor result : List.of(out, dx, dFilter)) {
        results.add(tensors.values(result));
      }
    }
    return results;
  }

  @Test
  void convolvesAsTheCpuDoes() {
    for (DType dtype : List.of(DType.F32, DType.F16)) {
      List<float[]> wanted = results(CpuBackend.open(), dtype);
      assertThat(wanted.getFirst()).contains(0f).isNotEqualTo(new float[wanted.getFirst().length]);
      assertThat(results(simulated(), dtype)).containsExactlyElementsOf(wanted);
    }
  }

  @Test
  void isCapturedAndReplayedOnWhatLiesThereThen() {
    try (CudaBackend backend = simulated();
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 1, 1, 1), 2);
      Tensor filter = tensors.floats(Shape.of(1, 1, 1, 1), 3);
      Tensor out = tensors.floats(Shape.of(1, 1, 1, 1), -1);
      ConvolutionParams params = ConvolutionParams.of(1, 0);
      try (Graph graph =
          backend.stream()
              .capture(() ->
                  backend.convolution().forward(x, filter, null, Activation.NONE, params, out))) {
        assertThat(graph.size()).isEqualTo(1);
        assertThat(backend.floats(out)).containsExactly(-1);
        backend.upload(new float[] {5}, x);
        backend.stream().launch(graph);
        assertThat(backend.floats(out)).containsExactly(15);
      }
    }
  }

  @Test
  void reportsWhatNobodyWrote() {
    try (CudaBackend backend = simulated();
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.allocate(X, DType.F32);
      Tensor filter = ramp(tensors, DType.F32, FILTER);
      Tensor out = tensors.allocate(PARAMS.outputShape(X, FILTER), DType.F32);
      backend.convolution().forward(x, filter, null, Activation.NONE, PARAMS, out);
      assertThatExceptionOfType(SimulatedFault.class)
          .isThrownBy(backend::synchronize)
          .withMessageContaining("convolutionForward");
    }
  }
}
