package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.data.Dataset;
import dev.multibox.data.Loader;
import dev.multibox.data.LoaderSettings;
import dev.multibox.data.Sample;
import dev.multibox.model.SsdNetwork;
import dev.multibox.picture.ClassNames;
import dev.multibox.picture.Picture;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.util.List;

/** Draws the first samples that a network would be trained on, before it is. */
public final class SamplePreview {
  private SamplePreview() {}

  /**
   * A sheet of the first {@code count} samples of the first epoch.
   *
   * @param recipe says what happens to the images, and which priors are matched
   * @param network whose input they become
   * @param showPriors whether the priors are drawn that would be matched
   * @param count at most as many as there are images
   * @param seed of order and augmentation, as of a run
   * @throws IOException if an image cannot be read, or this Java cannot draw text
   */
  public static Picture draw(
      Backend backend,
      Dataset dataset,
      Recipe recipe,
      SsdNetwork network,
      boolean showPriors,
      int count,
      long seed)
      throws IOException, InterruptedException {
    LoaderSettings settings = LoaderSettings.training(count, 1, seed, recipe.augmentation(), 0);
    try (TensorArena arena = backend.newArena();
        Loader loader = new Loader(dataset, settings)) {
      int mostObjects = dataset.largestObjectCount();
      TrainingInput input =
          new TrainingInput(backend, network, recipe.match(), count, mostObjects, arena);
      List<Sample> samples = loader.next().samples();
      input.prepare(samples);
      String title =
          "%s: training samples by recipe %s at %dx%d"
              .formatted(
                  dataset.name(),
                  recipe.name(),
                  network.config().inputHeight(),
                  network.config().inputWidth());
      ClassNames names = ClassNames.of(dataset.categories());
      return SampleSheet.of(title, input.seen(samples, count), names, showPriors);
    }
  }
}
