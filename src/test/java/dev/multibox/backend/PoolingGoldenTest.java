package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.nchwToNhwc;
import static dev.multibox.Tensors.nhwc;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** Max pooling against PyTorch's. */
class PoolingGoldenTest {
  /** A gradient adds up to one value per place of a window. */
  private static final double FEW_ADDITIONS = 1e-6;

  @BackendSource
  void poolsLikePyTorch(Backend backend) {
    Golden golden = Golden.open("06_layers.safetensors");
    int ran = 0;
    for (JsonNode item : golden.metadata("cases")) {
      if (item.path("kind").asText().equals("max_pool2d")) {
        check(backend, golden, item.path("name").asText(), params(item));
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private static void check(Backend backend, Golden golden, String name, PoolingParams params) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape planar = golden.shape(name + ".x");
      Shape outPlanar = golden.shape(name + ".y");
      Tensor x = tensors.floats(nhwc(planar), nchwToNhwc(golden.floats(name + ".x"), planar));
      Tensor out = tensors.poisoned(nhwc(outPlanar));
      Tensor argMax = tensors.zeros(out.shape(), DType.U8);
      backend.pooling().maxPool(x, params, out, argMax);
      assertThat(backend.floats(out))
          .describedAs(name)
          .containsExactly(nchwToNhwc(golden.floats(name + ".y"), outPlanar));

      float[] upstream = nchwToNhwc(golden.floats(name + ".dy"), outPlanar);
      Tensor dx = tensors.poisoned(x.shape());
      backend
          .pooling()
          .maxPoolBackward(
              argMax, tensors.floats(out.shape(), upstream), params, Gradient.overwrite(dx));
      assertClose(
          backend.floats(dx), nchwToNhwc(golden.floats(name + ".dx"), planar), FEW_ADDITIONS);
    }
  }

  private static PoolingParams params(JsonNode item) {
    JsonNode window = item.path("kernel");
    JsonNode stride = item.path("stride");
    JsonNode pad = item.path("padding");
    return new PoolingParams(
        at(window, 0),
        at(window, 1),
        at(stride, 0),
        at(stride, 1),
        at(pad, 0),
        at(pad, 1),
        item.path("ceil_mode").asBoolean());
  }

  /** A setting is one number for both axes, or a pair. */
  private static int at(JsonNode setting, int axis) {
    return setting.isArray() ? setting.get(axis).asInt() : setting.asInt();
  }
}
