package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cpu.CpuConvolution;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Convolution and its gradients against PyTorch's. */
class ConvolutionGoldenTest {
  /** Both sides sum up to 64 * 9 products in single precision, in another order. */
  private static final double TOLERANCE = 1e-5;

  private final Golden golden = Golden.open("06_layers.safetensors");

  @Test
  void directLoopsAgreeWithPyTorch() {
    try (Backend direct = CpuBackend.open(2, CpuConvolution.DIRECT)) {
      agreesWithPyTorch(direct);
    }
  }

  @BackendSource
  void agreesWithPyTorch(Backend backend) {
    int ran = 0;
    for (JsonNode testCase : golden.metadata("cases")) {
      if (testCase.path("kind").asText().equals("conv2d")) {
        try (TensorArena arena = backend.newArena()) {
          check(testCase, backend, new Tensors(backend, arena));
        }
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private void check(JsonNode testCase, Backend backend, Tensors tensors) {
    String name = testCase.path("name").asText();
    ConvolutionParams params =
        new ConvolutionParams(
            either(testCase.path("stride"), 0),
            either(testCase.path("stride"), 1),
            either(testCase.path("padding"), 0),
            either(testCase.path("padding"), 1),
            either(testCase.path("dilation"), 0),
            either(testCase.path("dilation"), 1),
            testCase.path("groups").asInt());
    Tensor x = interleaved(tensors, name + ".x");
    Tensor filter = interleaved(tensors, name + ".w");
    Tensor dOut = interleaved(tensors, name + ".dy");
    @Nullable Tensor bias =
        golden.has(name + ".b")
            ? tensors.floats(golden.shape(name + ".b"), golden.floats(name + ".b"))
            : null;

    ConvolutionKernels kernels = backend.convolution();
    Tensor out = tensors.poisoned(dOut.shape());
    kernels.forward(x, filter, bias, Activation.NONE, params, out);
    expect(backend, out, name + ".y");

    Tensor dx = tensors.poisoned(x.shape());
    kernels.backwardData(dOut, filter, params, Gradient.overwrite(dx));
    expect(backend, dx, name + ".dx");

    Tensor dFilter = tensors.poisoned(filter.shape());
    kernels.backwardFilter(x, dOut, params, Gradient.overwrite(dFilter));
    expect(backend, dFilter, name + ".dw");
  }

  /** A number for both axes, or a pair. */
  private static int either(JsonNode value, int axis) {
    return value.isArray() ? value.get(axis).asInt() : value.asInt();
  }

  private Tensor interleaved(Tensors tensors, String name) {
    Shape planar = golden.shape(name);
    return tensors.floats(Tensors.nhwc(planar), Tensors.nchwToNhwc(golden.floats(name), planar));
  }

  private void expect(Backend backend, Tensor actual, String name) {
    float[] planar = Tensors.nhwcToNchw(backend.floats(actual), golden.shape(name));
    try {
      Tensors.assertClose(planar, golden.floats(name), TOLERANCE);
    } catch (AssertionError e) {
      throw new AssertionError(name + ": " + e.getMessage(), e);
    }
  }
}
