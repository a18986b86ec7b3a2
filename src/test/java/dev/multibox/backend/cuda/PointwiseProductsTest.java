package dev.multibox.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.Tensors;
import dev.multibox.backend.Accumulate;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedCublas;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which gradients are products of matrices, and that they are the right ones. */
class PointwiseProductsTest {
  private static final Shape X = Shape.of(2, 5, 6, 24);
  private static final Shape FILTER = Shape.of(16, 1, 1, 24);
  private static final ConvolutionParams PARAMS = ConvolutionParams.of(1, 0);

  private final SimulatedDriver driver = SimulatedDriver.open(1);

  private static ConvolutionCall call(Pass pass, DType dtype, Shape filter, ConvolutionParams how) {
    return ConvolutionCall.plain(pass, dtype, X, filter, how);
  }

  private static boolean does(ConvolutionCall call) {
    return products(false).does(call);
  }

  private static PointwiseProducts products(boolean tf32) {
    return new PointwiseProducts(
        () -> {
          throw new AssertionError("nothing is multiplied");
        },
        tf32);
  }

  @Test
  void areLeftToCudnnInTf32() {
    ConvolutionCall product = call(Pass.BACKWARD_DATA, DType.F32, FILTER, PARAMS);
    assertThat(products(true).does(product)).isFalse();
  }

  @Test
  void areTheDataGradientsOfDenseFiltersOfOneByOneInF32() {
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F32, FILTER, PARAMS))).isTrue();
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F32, FILTER, PARAMS.withDilation(6)))).isTrue();
    assertThat(does(call(Pass.FORWARD, DType.F32, FILTER, PARAMS))).isFalse();
    assertThat(does(call(Pass.BACKWARD_FILTER, DType.F32, FILTER, PARAMS))).isFalse();
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F16, FILTER, PARAMS))).isFalse();
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F32, FILTER, ConvolutionParams.of(2, 0))))
        .isFalse();
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F32, FILTER, ConvolutionParams.of(1, 1))))
        .isFalse();
    assertThat(
            does(call(Pass.BACKWARD_DATA, DType.F32, Shape.of(16, 1, 1, 12), PARAMS.withGroups(2))))
        .isFalse();
    assertThat(does(call(Pass.BACKWARD_DATA, DType.F32, Shape.of(16, 3, 1, 24), PARAMS))).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void areWhatTheCpuComputes(Accumulate accumulate) {
    Shape outShape = PARAMS.outputShape(X, FILTER);
    try (CpuBackend cpu = CpuBackend.open();
        TensorArena arena = cpu.newArena();
        CudaBackend gpu = CudaBackend.openUnpooled(driver, HostConvolution::open);
        TensorArena gpuArena = gpu.newArena()) {
      Tensors wanted = new Tensors(cpu, arena);
      Tensor dx = wanted.of(DType.F32, X, ramp(X, 7));
      cpu.convolution()
          .backwardData(
              wanted.of(DType.F32, outShape, ramp(outShape, 13)),
              wanted.of(DType.F32, FILTER, ramp(FILTER, 17)),
              PARAMS,
              new Gradient(dx, accumulate));

      Tensors found = new Tensors(gpu, gpuArena);
      Tensor dOut = found.of(DType.F32, outShape, ramp(outShape, 13));
      Tensor filter = found.of(DType.F32, FILTER, ramp(FILTER, 17));
      Tensor product = found.of(DType.F32, X, ramp(X, 7));
      Tensor room = found.allocate(Shape.of(PointwiseProducts.WORKSPACE_BYTES), DType.U8);
      HostConvolution host = HostConvolution.open(driver, gpu.stream());
      SimulatedCublas cublas = new SimulatedCublas(host);
      try (host;
          PointwiseProducts products = new PointwiseProducts(() -> cublas, false)) {
        products.run(
            call(Pass.BACKWARD_DATA, DType.F32, FILTER, PARAMS).with(accumulate),
            dOut.address(),
            filter.address(),
            product.address(),
            room.address());
        assertThat(cublas.products()).isEqualTo(1);
        float[] values = found.values(product);
        float[] reference = wanted.values(dx);
        for (int i = 0; i < reference.length; i++) {
          assertThat(values[i]).isCloseTo(reference[i], within(1e-5f));
        }
      }
    }
  }

  private static float[] ramp(Shape shape, int period) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % period - period / 2) / 16f;
    }
    return values;
  }
}
