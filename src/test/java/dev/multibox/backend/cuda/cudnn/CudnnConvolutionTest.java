package dev.multibox.backend.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedCublas;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Convolution through cuDNN's descriptors on the simulated GPU: what cuDNN read from them, done by
 * the CPU, is what was asked for.
 */
@OfflineCudnn.NeedsPlans
class CudnnConvolutionTest {
  /** F16 keeps 11 bits; the bias is rounded to it first, and then the sum. */
  private static final float HALF = 4e-3f;

  /** The same kernel on the same numbers. */
  private static final float SAME = 1e-6f;

  /** A layer: input, filter and how the one is laid over the other. */
  record Layer(Shape x, Shape filter, ConvolutionParams params) {}

  static List<Layer> layers() {
    return List.of(
        new Layer(Shape.of(2, 9, 7, 8), Shape.of(16, 3, 3, 8), ConvolutionParams.of(1, 1)),
        new Layer(Shape.of(3, 11, 8, 16), Shape.of(24, 3, 3, 16), ConvolutionParams.of(2, 1)),
        new Layer(Shape.of(2, 5, 6, 32), Shape.of(8, 1, 1, 32), ConvolutionParams.of(1, 0)),
        new Layer(
            Shape.of(1, 15, 13, 8),
            Shape.of(16, 3, 3, 8),
            ConvolutionParams.of(1, 6).withDilation(6)),
        new Layer(
            Shape.of(2, 8, 9, 16), Shape.of(16, 3, 3, 8), ConvolutionParams.of(1, 1).withGroups(2)),
        new Layer(
            Shape.of(1, 12, 9, 8),
            Shape.of(8, 3, 5, 8),
            new ConvolutionParams(2, 1, 1, 2, 1, 1, 1)));
  }

  private static CudaBackend simulated() {
    return CudaBackend.openUnpooled(SimulatedDriver.open(1), SimulatedCudnn::open);
  }

  /** One without TF32, and what counts its products. */
  private record Exact(CudaBackend backend, SimulatedCublas cublas) {
    static Exact open() {
      SimulatedDriver driver = SimulatedDriver.open(1);
      AtomicReference<SimulatedCublas> cublas = new AtomicReference<>();
      CudaBackend backend =
          CudaBackend.openUnpooled(
              driver,
              setting -> {
                cublas.set(new SimulatedCublas(HostConvolution.open(setting)));
                return SimulatedCudnn.openExact(setting, cublas.get());
              });
      return new Exact(backend, cublas.get());
    }
  }

  /** Forward with every epilogue, and both gradients, overwritten and added to. */
  private static List<float[]> results(Backend backend, Layer layer, DType dtype) {
    List<float[]> results = new ArrayList<>();
    try (backend;
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = ramp(tensors, dtype, layer.x, 23);
      Tensor filter = ramp(tensors, dtype, layer.filter, 17);
      Tensor bias = ramp(tensors, DType.F32, Shape.of(layer.filter.dim(0)), 5);
      Shape outShape = layer.params.outputShape(layer.x, layer.filter);
      for (Activation activation : Activation.values()) {
        Tensor out = tensors.allocate(outShape, dtype);
        backend.convolution().forward(x, filter, bias, activation, layer.params, out);
        results.add(tensors.values(out));
      }
      Tensor dOut = ramp(tensors, dtype, outShape, 13);
      for (Accumulate accumulate : Accumulate.values()) {
        Gradient dx = new Gradient(ramp(tensors, dtype, layer.x, 7), accumulate);
        Gradient dFilter = new Gradient(ramp(tensors, dtype, layer.filter, 11), accumulate);
        backend.convolution().backwardData(dOut, filter, layer.params, dx);
        backend.convolution().backwardFilter(x, dOut, layer.params, dFilter);
        results.add(tensors.values(dx.tensor()));
        results.add(tensors.values(dFilter.tensor()));
      }
    }
    return results;
  }

  private static Tensor ramp(Tensors tensors, DType dtype, Shape shape, int period) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % period - period / 2) / 16f;
    }
    return tensors.of(dtype, shape, values);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void doesWhatTheCpuDoes(Layer layer) {
    for (DType dtype : List.of(DType.F32, DType.F16)) {
      doesWhatTheCpuDoes(simulated(), layer, dtype);
    }
  }

  @ParameterizedTest
  @MethodSource("layers")
  void doesWhatTheCpuDoesWithoutTf32(Layer layer) {
    Exact exact = Exact.open();
    doesWhatTheCpuDoes(exact.backend, layer, DType.F32);
    // Written once and added to once.
    assertThat(exact.cublas.products()).isEqualTo(layer.filter.dim(1) == 1 ? 2 : 0);
  }

  @Test
  void productsAreCapturedOnceTheyHaveRun() {
    Exact exact = Exact.open();
    try (CudaBackend backend = exact.backend;
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Layer layer = layers().get(2);
      Tensor dOut = ramp(tensors, DType.F32, layer.params.outputShape(layer.x, layer.filter), 13);
      Tensor filter = ramp(tensors, DType.F32, layer.filter, 17);
      Gradient dx = Gradient.overwrite(tensors.allocate(layer.x, DType.F32));
      Runnable gradient = () -> backend.convolution().backwardData(dOut, filter, layer.params, dx);
      gradient.run();
      float[] wanted = tensors.values(dx.tensor());
      backend.stream().fill(dx.tensor().address(), dx.tensor().bytes(), (byte) 0);
      try (Graph graph = backend.stream().capture(gradient)) {
        assertThat(exact.cublas.products()).isEqualTo(2);
        assertThat(graph.size()).isEqualTo(1);
        backend.stream().launch(graph);
        assertThat(tensors.values(dx.tensor())).isEqualTo(wanted);
      }
    }
  }

  private static void doesWhatTheCpuDoes(CudaBackend backend, Layer layer, DType dtype) {
    List<float[]> wanted = results(CpuBackend.open(), layer, dtype);
    List<float[]> found = results(backend, layer, dtype);
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      float[] one = wanted.get(i);
      float most = 0;
      for (float value : one) {
        most = Math.max(most, Math.abs(value));
      }
      assertThat(most).isPositive();
      float[] other = found.get(i);
      for (int j = 0; j < one.length; j++) {
        assertThat(Math.abs(one[j] - other[j]))
            .describedAs("%s %s, result %d, element %d", layer, dtype, i, j)
            .isLessThanOrEqualTo((dtype == DType.F16 ? HALF : SAME) * most);
      }
    }
  }

  @Test
  void isCapturedOnceItHasRun() {
    try (CudaBackend backend = simulated();
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Layer layer = layers().getFirst();
      Tensor x = ramp(tensors, DType.F16, layer.x, 23);
      Tensor filter = ramp(tensors, DType.F16, layer.filter, 17);
      Tensor out = tensors.allocate(layer.params.outputShape(layer.x, layer.filter), DType.F16);
      Runnable forward =
          () -> backend.convolution().forward(x, filter, null, Activation.NONE, layer.params, out);
      forward.run();
      float[] wanted = tensors.values(out);
      backend.stream().fill(out.address(), out.bytes(), (byte) 0);
      try (Graph graph = backend.stream().capture(forward)) {
        assertThat(graph.size()).isEqualTo(1);
        backend.stream().launch(graph);
        assertThat(tensors.values(out)).isEqualTo(wanted);
      }
    }
  }

  /** In F16 a kernel of ours rounds the bias first. */
  @ParameterizedTest
  @CsvSource({"F32, 1", "F16, 2"})
  void addsTheBiasAndActivatesAlong(DType dtype, int launches) {
    try (CudaBackend backend = simulated();
        TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Layer layer = layers().getFirst();
      Tensor x = ramp(tensors, dtype, layer.x, 23);
      Tensor filter = ramp(tensors, dtype, layer.filter, 17);
      Tensor bias = ramp(tensors, DType.F32, Shape.of(layer.filter.dim(0)), 5);
      Tensor out = tensors.allocate(layer.params.outputShape(layer.x, layer.filter), dtype);
      Runnable forward =
          () -> backend.convolution().forward(x, filter, bias, Activation.RELU, layer.params, out);
      forward.run();
      try (Graph graph = backend.stream().capture(forward)) {
        assertThat(graph.size()).isEqualTo(launches);
      }
    }
  }

  @Test
  void saysWhatConvolves() {
    try (CudaBackend backend = simulated()) {
      assertThat(backend.description()).containsPattern("convolution by cuDNN 9\\.\\d+\\.\\d+");
    }
  }
}
