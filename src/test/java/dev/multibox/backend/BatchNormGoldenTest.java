package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.nchwToNhwc;
import static dev.multibox.Tensors.nhwc;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;

/** Batch normalisation, its gradients and its running averages against PyTorch's. */
class BatchNormGoldenTest {
  /** Both sides compute in float32. */
  private static final double FLOAT = 1e-5;

  private final Golden golden = Golden.open("06_layers.safetensors");

  @BackendSource
  void normalisesLikePyTorch(Backend backend) {
    int ran = 0;
    for (JsonNode item : golden.metadata("cases")) {
      if (item.path("kind").asText().equals("batch_norm")) {
        check(backend, item);
        ran++;
      }
    }
    assertThat(ran).isPositive();
  }

  private void check(Backend backend, JsonNode item) {
    String name = item.path("name").asText() + ".";
    boolean training = item.path("training").asBoolean();
    float epsilon = (float) item.path("eps").asDouble();
    float momentum = (float) item.path("momentum").asDouble();
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      BatchNormKernels kernels = backend.batchNorm();
      Tensor x = pixels(tensors, name + "x");
      Tensor gamma = vector(tensors, name + "w");
      Tensor runningMean = vector(tensors, name + "running_mean_before");
      Tensor runningVariance = vector(tensors, name + "running_var_before");
      Tensor mean = training ? tensors.poisoned(gamma.shape()) : runningMean;
      Tensor invStd = tensors.poisoned(gamma.shape());
      if (training) {
        kernels.statistics(x, epsilon, mean, invStd);
        Tensor go = tensors.zeros(Shape.of(1), DType.I32);
        long rows = x.shape().rows();
        kernels.updateRunning(
            mean, invStd, epsilon, rows, momentum, go, runningMean, runningVariance);
      } else {
        kernels.inverseStd(runningVariance, epsilon, invStd);
      }
      assertClose(backend.floats(runningMean), golden.floats(name + "running_mean_after"), FLOAT);
      assertClose(
          backend.floats(runningVariance), golden.floats(name + "running_var_after"), FLOAT);

      Tensor y = tensors.poisoned(x.shape());
      Tensor beta = vector(tensors, name + "b");
      kernels.apply(x, mean, invStd, gamma, beta, null, Activation.NONE, y);
      assertPixels(backend, y, name + "y");

      Tensor dz = pixels(tensors, name + "dy");
      Tensor sums = tensors.poisoned(Shape.of(2, gamma.size()));
      kernels.backwardReduce(x, mean, invStd, y, Activation.NONE, dz, dz, sums);
      assertClose(backend.floats(sums.get(0)), golden.floats(name + "db"), FLOAT);
      assertClose(backend.floats(sums.get(1)), golden.floats(name + "dw"), FLOAT);
      Statistics statistics = training ? Statistics.BATCH : Statistics.RUNNING;
      kernels.backwardData(x, mean, invStd, gamma, dz, sums, statistics, Gradient.overwrite(dz));
      assertPixels(backend, dz, name + "dx");
    }
  }

  private Tensor pixels(Tensors tensors, String key) {
    Shape planar = golden.shape(key);
    return tensors.floats(nhwc(planar), nchwToNhwc(golden.floats(key), planar));
  }

  private Tensor vector(Tensors tensors, String key) {
    return tensors.floats(golden.shape(key), golden.floats(key));
  }

  private void assertPixels(Backend backend, Tensor actual, String key) {
    assertClose(backend.floats(actual), nchwToNhwc(golden.floats(key), golden.shape(key)), FLOAT);
  }
}
