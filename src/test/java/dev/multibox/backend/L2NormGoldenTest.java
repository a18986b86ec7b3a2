package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.nchwToNhwc;
import static dev.multibox.Tensors.nhwc;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** L2 normalisation with a scale against PyTorch's {@code normalize}, whose guard is a maximum. */
class L2NormGoldenTest {
  /** Both sides compute in float32. */
  private static final double FLOAT = 1e-5;

  private final Golden golden = Golden.open("06_layers.safetensors");

  @BackendSource
  void normalisesLikePyTorch(Backend backend) {
    int ran = 0;
    for (JsonNode item : golden.metadata("cases")) {
      if (item.path("kind").asText().equals("l2norm_scale")) {
        check(backend, item.path("name").asText() + ".", (float) item.path("eps").asDouble());
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private void check(Backend backend, String name, float epsilon) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = pixels(tensors, name + "x");
      Tensor scale = tensors.floats(golden.shape(name + "scale"), golden.floats(name + "scale"));
      Tensor norm = tensors.poisoned(Shape.of(x.shape().rows()));
      Tensor y = tensors.poisoned(x.shape());
      L2NormKernels kernels = backend.l2Norm();
      kernels.forward(x, scale, Guard.LARGER_OF, epsilon, norm, y);
      assertPixels(backend, y, name + "y");

      Tensor dx = tensors.poisoned(x.shape());
      Tensor dScale = tensors.poisoned(scale.shape());
      kernels.backward(
          x,
          scale,
          Guard.LARGER_OF,
          epsilon,
          norm,
          pixels(tensors, name + "dy"),
          Gradient.overwrite(dx),
          Gradient.overwrite(dScale));
      assertPixels(backend, dx, name + "dx");
      assertClose(backend.floats(dScale), golden.floats(name + "dscale"), FLOAT);
    }
  }

  private Tensor pixels(Tensors tensors, String key) {
    Shape planar = golden.shape(key);
    return tensors.floats(nhwc(planar), nchwToNhwc(golden.floats(key), planar));
  }

  /** Pixel by pixel, since a pixel of zeros has a gradient that dwarfs all others. */
  private void assertPixels(Backend backend, Tensor actual, String key) {
    Shape shape = actual.shape();
    float[] values = backend.floats(actual);
    float[] expected = nchwToNhwc(golden.floats(key), golden.shape(key));
    int channels = shape.intDim(-1);
    for (int at = 0; at < values.length; at += channels) {
      assertClose(
          java.util.Arrays.copyOfRange(values, at, at + channels),
          java.util.Arrays.copyOfRange(expected, at, at + channels),
          FLOAT);
    }
  }
}
