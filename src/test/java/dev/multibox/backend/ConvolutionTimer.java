package dev.multibox.backend;

import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Times convolutions on request, for {@code src/test/python/convolution_vs_pytorch.py}: one line
 * in, {@code OP RUNS N H W C K R STRIDE PAD} with OP forward, backward_data or backward_filter; one
 * line out, the milliseconds of each run.
 */
final class ConvolutionTimer {
  private ConvolutionTimer() {}

  @SuppressWarnings("SystemOut")
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Backend backend = CpuBackend.open(Integer.parseInt(args[0]))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(answer(backend, line.split(" ", -1)));
      }
    }
  }

  private static String answer(Backend backend, String[] words) {
    int[] n = new int[words.length];
    for (int i = 1; i < words.length; i++) {
      n[i] = Integer.parseInt(words[i]);
    }
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      ConvolutionParams params = ConvolutionParams.of(n[8], n[9]);
      Tensor x = random(tensors, Shape.of(n[2], n[3], n[4], n[5]));
      Tensor filter = random(tensors, Shape.of(n[6], n[7], n[7], n[5]));
      Tensor bias = random(tensors, Shape.of(n[6]));
      Tensor out = random(tensors, params.outputShape(x.shape(), filter.shape()));
      Tensor dx = random(tensors, x.shape());
      Tensor dFilter = random(tensors, filter.shape());
      ConvolutionKernels kernels = backend.convolution();
      Runnable op =
          switch (words[0]) {
            case "forward" -> () -> kernels.forward(x, filter, bias, Activation.NONE, params, out);
            case "backward_data" ->
                () -> kernels.backwardData(out, filter, params, Gradient.overwrite(dx));
            case "backward_filter" ->
                () -> kernels.backwardFilter(x, out, params, Gradient.overwrite(dFilter));
            default -> throw new IllegalArgumentException(words[0]);
          };
      return times(op, n[1]);
    }
  }

  private static Tensor random(Tensors tensors, Shape shape) {
    return tensors.floats(shape, Tensors.random(1, shape.size()));
  }

  /** The first two runs compile and warm up, and are left out. */
  private static String times(Runnable op, int runs) {
    StringBuilder times = new StringBuilder();
    for (int i = -2; i < runs; i++) {
      long start = System.nanoTime();
      op.run();
      double millis = (System.nanoTime() - start) / 1e6;
      if (i >= 0) {
        times.append(millis).append(' ');
      }
    }
    return times.toString().strip();
  }
}
