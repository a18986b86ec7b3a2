package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** The activations and their gradients against PyTorch's. */
class ElementwiseGoldenTest {
  @BackendSource
  void activationsAreThoseOfPyTorch(Backend backend) {
    Golden golden = Golden.open("06_layers.safetensors");
    int ran = 0;
    for (JsonNode item : golden.metadata("cases")) {
      String name = item.path("name").asText();
      switch (item.path("kind").asText()) {
        case "relu" -> ran += check(backend, golden, name, Activation.RELU);
        case "relu6" -> ran += check(backend, golden, name, Activation.RELU6);
        default -> {}
      }
    }
    assertThat(ran).isGreaterThan(1);
  }

  private static int check(Backend backend, Golden golden, String name, Activation activation) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(golden.shape(name + ".x"), golden.floats(name + ".x"));
      Tensor y = tensors.poisoned(x.shape());
      backend.elementwise().activation(x, activation, y);
      assertThat(backend.floats(y)).describedAs(name).containsExactly(golden.floats(name + ".y"));
      Tensor dOut = tensors.floats(x.shape(), golden.floats(name + ".dy"));
      Tensor dx = tensors.poisoned(x.shape());
      backend.elementwise().activationBackward(y, activation, dOut, Gradient.overwrite(dx));
      assertThat(backend.floats(dx)).describedAs(name).containsExactly(golden.floats(name + ".dx"));
    }
    return 1;
  }
}
