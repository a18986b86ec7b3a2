package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** Successive steps of gradient descent against PyTorch's. */
class OptimizerGoldenTest {
  /** Both sides compute in float32, a few steps long. */
  private static final double FLOAT = 1e-5;

  private final Golden golden = Golden.open("06_layers.safetensors");

  @BackendSource
  void stepsLikePyTorch(Backend backend) {
    int ran = 0;
    for (JsonNode item : golden.metadata("cases")) {
      if (item.path("kind").asText().equals("sgd")) {
        ran += check(backend, item);
      }
    }
    assertThat(ran).isPositive();
  }

  /** Runs all steps of a case, and returns how many there were. */
  private int check(Backend backend, JsonNode item) {
    String name = item.path("name").asText() + ".";
    SgdParams params =
        new SgdParams(
            MomentumForm.RATE_OUTSIDE,
            (float) item.path("dampening").asDouble(),
            item.path("nesterov").asBoolean(),
            item.has("weight_decay"));
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape shape = golden.shape(name + "p0");
      Tensor weights = tensors.floats(shape, golden.floats(name + "p0"));
      Tensor momentum = tensors.poisoned(shape);
      Tensor scale = tensors.floats(Shape.of(1), 1);
      Tensor flag = tensors.zeros(Shape.of(1), DType.I32);
      int step = 0;
      for (; golden.has(name + "g" + step); step++) {
        Tensor gradients = tensors.floats(shape, golden.floats(name + "g" + step));
        Tensor hyper = tensors.floats(Shape.of(OptimizerKernels.HYPER_SIZE), hyper(item, step));
        backend.optimizer().sgd(weights, momentum, gradients, null, hyper, scale, params, flag);
        assertClose(backend.floats(weights), golden.floats(name + "p" + (step + 1)), FLOAT);
      }
      if (golden.has(name + "momentum_buffer_after")) {
        assertClose(backend.floats(momentum), golden.floats(name + "momentum_buffer_after"), FLOAT);
      }
      return step;
    }
  }

  private static float[] hyper(JsonNode item, int step) {
    float[] hyper = new float[OptimizerKernels.HYPER_SIZE];
    hyper[OptimizerKernels.HYPER_RATE] = (float) item.path("lr").asDouble();
    hyper[OptimizerKernels.HYPER_MOMENTUM] = (float) item.path("momentum").asDouble();
    hyper[OptimizerKernels.HYPER_DECAY] = (float) item.path("weight_decay").asDouble();
    hyper[OptimizerKernels.HYPER_ITERATION] = step;
    hyper[OptimizerKernels.HYPER_UNSCALE] = 1;
    return hyper;
  }
}
