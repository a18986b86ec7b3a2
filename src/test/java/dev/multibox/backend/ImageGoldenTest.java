package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** Against PyTorch's {@code interpolate(mode="bilinear", align_corners=False)}. */
class ImageGoldenTest {
  /** Two products of weights near 1 and two additions, relative to the largest value. */
  private static final double TOLERANCE = 1e-5;

  @BackendSource
  void bilinearResizeAgreesWithPyTorch(Backend backend) {
    Golden golden = Golden.open("06_layers.safetensors");
    int cases = 0;
    for (JsonNode entry : golden.metadata("cases")) {
      if (entry.path("kind").asText().equals("bilinear_half_pixel")) {
        check(backend, golden, entry.path("name").asText());
        cases++;
      }
    }
    assertThat(cases).isPositive();
  }

  private static void check(Backend backend, Golden golden, String name) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape in = golden.shape(name + ".x");
      Shape out = golden.shape(name + ".y");
      Tensor x =
          tensors.floats(Tensors.nhwc(in), Tensors.nchwToNhwc(golden.floats(name + ".x"), in));
      Tensor y = tensors.poisoned(Tensors.nhwc(out));
      backend.image().resizeBilinear(x, y);
      float[] actual = Tensors.nhwcToNchw(backend.floats(y), out);
      Tensors.assertClose(actual, golden.floats(name + ".y"), TOLERANCE);
    }
  }
}
