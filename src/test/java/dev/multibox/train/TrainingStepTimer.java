package dev.multibox.train;

import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.Annotation;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.data.Batch;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.PixelBuffer;
import dev.multibox.data.Sample;
import dev.multibox.data.SamplePlan;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Times whole training steps of ssd-tiny for {@code src/test/python/training_step_vs_pytorch.py}:
 * reads a number of steps a line, answers with the milliseconds of each and, behind a slash, of
 * preparing its images and matching once more.
 */
final class TrainingStepTimer {
  private static final int CLASSES = 7;

  private TrainingStepTimer() {}

  public static void main(String[] args) throws IOException {
    int batchSize = Integer.parseInt(args[0]);
    int size = Integer.parseInt(args[1]);
    Batch batch = randomBatch(batchSize, size);
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena();
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Ssd.Config config = new Ssd.Config(ModelRegistry.find("ssd-tiny"), size, size, CLASSES);
      Ssd ssd = new Ssd(backend, config, arena);
      ssd.state().initialize(1);
      TrainingStep step =
          new TrainingStep(backend, ssd, Recipe.scratch(), StepSettings.of(batchSize, 4), arena);
      long iteration = 0;
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        StringBuilder times = new StringBuilder();
        for (int i = Integer.parseInt(line.strip()); i > 0; i--) {
          long start = System.nanoTime();
          step.run(List.of(batch), 0.01f, iteration++);
          long end = System.nanoTime();
          step.input().prepare(batch.samples());
          double inputMillis = (System.nanoTime() - end) / 1e6;
          times.append(String.format(Locale.ROOT, "%.3f/%.3f ", (end - start) / 1e6, inputMillis));
        }
        System.out.println(times);
        System.out.flush();
      }
    }
  }

  static Batch randomBatch(int size, int pixels) {
    SplittableRandom random = new SplittableRandom(1);
    List<Sample> samples = new ArrayList<>();
    for (int n = 0; n < size; n++) {
      byte[] rgb = new byte[pixels * pixels * 3];
      random.nextBytes(rgb);
      float half = pixels / 2f;
      ImageRecord image =
          new ImageRecord(
              "random" + n,
              Path.of("random" + n),
              pixels,
              pixels,
              List.of(
                  new Annotation(n % (CLASSES - 1), 2, 3, half, half, false, false, half * half)));
      SamplePlan plan = SamplePlan.draw(image, AugmentationSettings.none(), random.split());
      samples.add(new Sample(image, new PixelBuffer(pixels, pixels, rgb), plan));
    }
    return new Batch(0, 0, samples);
  }
}
