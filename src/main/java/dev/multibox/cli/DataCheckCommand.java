package dev.multibox.cli;

import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.Faults;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.SsdDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox data check}: what is in a data set, and everything that is wrong with it. */
@Command(
    name = "check",
    header = "Count what a data set holds, and list all that is wrong with it.",
    description =
        "Prints every fault with file and line, then for each split the numbers of images, objects"
            + " and categories, and the sizes of images and boxes. Faults are bad boxes,"
            + " annotations that contradict each other or the images, and images that are missing"
            + " or cannot be decoded.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox data check data/shapes",
      "  multibox data check coco2017 --no-decode --json coco.json",
      "  multibox data check mine --model ssd-tiny --input-size 160",
      "  multibox data check --annotations train.json --images photos",
      "",
      "Exit code 1: faults found."
    })
final class DataCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "The data set's top folder.")
  private @Nullable Path folder;

  @Mixin private final DataOptions dataOptions = new DataOptions();

  @Option(
      names = "--no-decode",
      description = "Look at the heads of images alone, which does not find those cut short.")
  private boolean noDecode;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Count the objects that this model's priors fit.")
  private @Nullable String model;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "The model's input (the model's own).")
  private @Nullable String inputSize;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the same there as JSON.")
  private @Nullable Path json;

  @Override
  public Integer call() throws IOException {
    dataOptions.check(folder != null, "DIR");
    if (json != null) {
      Outputs.requireWritable(json);
    }
    Optional<PriorReach> reach = reach();
    Set<String> faults = new LinkedHashSet<>();
    Map<String, Dataset> datasets = read(Faults.into(faults));
    if (!noDecode) {
      faults.addAll(new ImageCheck(spec.commandLine().getErr()).faults(files(datasets)));
    }
    DataCheckReport report = DataCheckReport.of(faults, datasets, reach);
    report.print(spec.commandLine().getOut());
    if (json != null) {
      Outputs.writeJson(json, report);
    }
    return faults.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private Optional<PriorReach> reach() {
    if (model == null) {
      if (inputSize != null) {
        throw UserError.of("--input-size: needs --model, whose input it is");
      }
      return Optional.empty();
    }
    try {
      SsdDefinition definition = ModelRegistry.find(model);
      return Optional.of(PriorReach.of(definition, InputSize.parse(inputSize, definition)));
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
  }

  /** Every split of the data set, and what is in none, by the name it has for the reader. */
  private Map<String, Dataset> read(Faults faults) {
    DatasetReader reader = reader(faults);
    Map<String, Dataset> datasets = new LinkedHashMap<>();
    try {
      for (String split : reader.splits()) {
        datasets.put(split, reader.read(split, faults));
      }
      reader.unlisted(faults).ifPresent(rest -> datasets.put("in no split", rest));
      return datasets;
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private DatasetReader reader(Faults faults) {
    if (dataOptions.annotations != null) {
      return dataOptions.open(List.of(dataOptions.annotations));
    }
    if (folder == null) {
      throw UserError.of("name a data set's folder, or --annotations FILE --images DIR");
    }
    return dataOptions.open(folder, faults);
  }

  private static Set<Path> files(Map<String, Dataset> datasets) {
    Set<Path> files = new LinkedHashSet<>();
    for (Dataset dataset : datasets.values()) {
      dataset.images().forEach(image -> files.add(image.file()));
    }
    return files;
  }
}
