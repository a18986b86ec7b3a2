package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.Dataset;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import dev.multibox.picture.Picture;
import dev.multibox.train.Recipe;
import dev.multibox.train.SamplePreview;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox data preview}: what a network would be trained on, as a picture. */
@Command(
    name = "preview",
    header = "Draw training samples as a network would see them, augmented, with their objects.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox data preview data/shapes --recipe shapes",
      "  multibox data preview mine --model ssd-tiny --input-size 160 --count 12 --seed 2"
    })
final class DataPreviewCommand implements Callable<Integer> {
  private static final String ANY_MODEL = "ssd-tiny";
  private static final String ANY_SIZE = "300";

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The data set's top folder.")
  private Path folder;

  @Option(
      names = "--layout",
      paramLabel = "voc|coco",
      description = "Its layout, where both show or neither does.")
  private @Nullable String layout;

  @Option(names = "--split", description = "The split drawn from (${DEFAULT-VALUE}).")
  private String split = "train";

  @Option(names = "--recipe", description = "Whose augmentation it is (${DEFAULT-VALUE}).")
  private String recipe = "scratch";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Draws the priors as well that this model would match.")
  private @Nullable String model;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "The size images are stretched to (the model's own, or " + ANY_SIZE + ").")
  private @Nullable String inputSize;

  @Option(names = "--count", description = "Samples (8, or as many as there are images).")
  private @Nullable Integer count;

  @Option(names = "--seed", description = "Of order and augmentation (${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The picture, PNG; one of this name is replaced (${DEFAULT-VALUE}).")
  private Path out = Path.of("preview.png");

  @Override
  public Integer call() throws IOException, InterruptedException {
    Outputs.requireWritable(out);
    Recipe named = RunPlan.known(() -> Recipe.find(recipe));
    SsdDefinition definition =
        RunPlan.known(() -> ModelRegistry.find(model == null ? ANY_MODEL : model));
    InputSize size =
        InputSize.parse(model == null && inputSize == null ? ANY_SIZE : inputSize, definition);
    Dataset dataset = named.trainedOn(DataFolders.split(folder, layout, split));
    int samples = samples(dataset);
    PrintWriter console = spec.commandLine().getOut();
    PictureText.names(dataset.categories(), console);
    dataset.remarks().forEach(remark -> console.printf("note    %s%n", remark));
    try (Backend backend = CpuBackend.open()) {
      Ssd.Config config =
          new Ssd.Config(definition, size.height(), size.width(), dataset.classes());
      SsdNetwork network = RunPlan.known(() -> new SsdNetwork(config, backend.channelMultiple()));
      Picture picture =
          SamplePreview.draw(backend, dataset, named, network, model != null, samples, seed);
      picture.write(out);
    }
    console.printf("%s: %d of %d images -> %s%n", dataset.name(), samples, dataset.size(), out);
    console.flush();
    return ExitCode.DONE;
  }

  private int samples(Dataset dataset) {
    if (dataset.size() == 0) {
      throw UserError.of(
          "%s: has no image to train on; name another split with --split", dataset.name());
    }
    if (count == null) {
      return Math.min(8, dataset.size());
    }
    if (count < 1 || count > dataset.size()) {
      throw UserError.of(
          "--count: was %d, wanted 1 to %d, the images of %s",
          count, dataset.size(), dataset.name());
    }
    return count;
  }
}
