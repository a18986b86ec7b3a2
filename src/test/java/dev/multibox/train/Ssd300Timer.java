package dev.multibox.train;

import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.Batch;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Times a whole network for {@code src/test/python/ssd300_vs_torchvision.py}: reads a number of
 * runs a line, answers with their milliseconds. Arguments: the model, its classes, {@code forward}
 * or {@code train}, the batch.
 */
final class Ssd300Timer {
  private Ssd300Timer() {}

  public static void main(String[] args) throws IOException {
    Ssd.Config config = Ssd.Config.of(ModelRegistry.find(args[0]), Integer.parseInt(args[1]));
    int batch = Integer.parseInt(args[3]);
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena();
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Ssd ssd = new Ssd(backend, config, arena);
      ssd.state().initialize(1);
      Runnable work =
          args[2].equals("train")
              ? training(backend, ssd, batch, arena)
              : forward(backend, ssd, batch, arena);
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        StringBuilder times = new StringBuilder();
        for (int i = Integer.parseInt(line.strip()); i > 0; i--) {
          long start = System.nanoTime();
          work.run();
          times.append(String.format(Locale.ROOT, "%.3f ", (System.nanoTime() - start) / 1e6));
        }
        System.out.println(times);
        System.out.flush();
      }
    }
  }

  private static Runnable forward(CpuBackend backend, Ssd ssd, int batch, TensorArena arena) {
    StepMemory memory = new PooledMemory(arena);
    Tensor images = arena.zeros(ssd.imageShape(batch), DType.F32);
    backend.elementwise().fill(images, 0.5f);
    return () -> {
      try (Tape tape = new Tape(backend, memory, Tape.Mode.INFERENCE)) {
        ssd.forward(tape, Variable.constant(images));
      }
    };
  }

  /** Preparing the images and matching are in it. */
  private static Runnable training(CpuBackend backend, Ssd ssd, int batch, TensorArena arena) {
    String name = ssd.config().definition().name();
    boolean torchvision = name.contains("torchvision") || name.startsWith("ssdlite");
    Recipe recipe = Recipe.find(torchvision ? "torchvision-coco" : "nvidia-coco");
    TrainingStep step = new TrainingStep(backend, ssd, recipe, StepSettings.of(batch, 4), arena);
    Batch images = TrainingStepTimer.randomBatch(batch, ssd.config().inputWidth());
    long[] iteration = new long[1];
    return () -> step.run(List.of(images), 1e-6f, iteration[0]++);
  }
}
