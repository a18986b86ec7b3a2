package dev.multibox.cli;

import dev.multibox.model.SsdDefinition;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.ForeignProject;
import dev.multibox.weights.ImportedWeights;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.WeightFile;
import dev.multibox.weights.WeightImport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox convert}: weights of one format, or of another project, as another. */
@Command(
    name = "convert",
    header = "Write weights in another format, or give those of another project our names.",
    description = {
      "IN is safetensors or a file of torch.save, whatever its name; OUT ends in .safetensors and is"
          + " replaced if it exists. Nothing in IN is ever run.",
      "",
      "Names and types are kept; nested dictionaries flatten with dots, and numbers and texts in them"
          + " become metadata. With --from, OUT is a checkpoint that eval, detect, forward and train"
          + " --init take; of a classifier's weights it has the backbone, for train --init alone."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox convert weights.pth weights.safetensors",
      "  multibox convert --from torchvision ssd300_vgg16_coco-b556d3b4.pth ssd300.safetensors",
      "  multibox convert --from torchvision resnet50-0676ba61.pth backbone.safetensors",
      "  multibox convert --from torchvision --model ssd512-vgg16 vgg16-397923af.pth \\",
      "      backbone.safetensors"
    })
final class ConvertCommand implements Callable<Integer> {
  private static final String SAFETENSORS = ".safetensors";

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "IN", description = "The file to read.")
  private Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write.")
  private Path out;

  @Option(
      names = "--from",
      paramLabel = "torchvision|nvidia|ssd.pytorch",
      description = "The project whose names and layout IN has (names are kept).")
  private @Nullable String from;

  @Option(
      names = "--model",
      description = "Our model, with --from (the one that the project's model is).")
  private @Nullable String model;

  @Option(
      names = "--categories",
      paramLabel = "NAME,NAME...",
      split = ",",
      description = "The names of the classes behind background, with --from (what IN says).")
  private @Nullable List<String> categories;

  @Override
  public Integer call() throws IOException {
    requireOutput();
    ForeignProject project = project();
    try (WeightFile weights = open()) {
      if (project == null) {
        copy(weights);
      } else {
        writeCheckpoint(imported(weights, project), project);
      }
    }
    return ExitCode.DONE;
  }

  private void requireOutput() throws IOException {
    if (!out.toString().endsWith(SAFETENSORS)) {
      throw UserError.of(
          "%s: its suffix says which format to write, and only %s is known", out, SAFETENSORS);
    }
    Outputs.requireWritable(out);
    if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
      throw UserError.of("%s: is the file to read; name another to write", out);
    }
  }

  private @Nullable ForeignProject project() {
    if (from == null) {
      if (model != null || categories != null) {
        throw UserError.of(
            "%s: goes with --from, which was not given; names are kept without it",
            model != null ? "--model" : "--categories");
      }
      return null;
    }
    return ForeignProject.find(from)
        .orElseThrow(
            () -> UserError.of("--from: was '%s', wanted one of %s", from, ForeignProject.keys()));
  }

  private WeightFile open() {
    try {
      return WeightFile.open(in);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private ImportedWeights imported(WeightFile weights, ForeignProject project) {
    try {
      return WeightImport.read(weights, project, model, categories);
    } catch (IOException e) {
      throw UserError.caused(e);
    } catch (IllegalArgumentException e) {
      throw UserError.of("--%s", e.getMessage());
    }
  }

  private void copy(WeightFile weights) throws IOException {
    try {
      SafetensorsWriter.write(out, weights.metadata(), weights.tensors());
    } catch (IllegalArgumentException e) {
      throw UserError.of(
          "%s: cannot be written as safetensors (%s); rename it", in, e.getMessage());
    }
    report(weights.tensors(), weights.format());
  }

  private void writeCheckpoint(ImportedWeights weights, ForeignProject project) throws IOException {
    SsdDefinition definition = weights.definition();
    Checkpoint.Meta meta =
        new Checkpoint.Meta(
            definition.name(),
            definition.inputHeight(),
            definition.inputWidth(),
            weights.categories(),
            0,
            0);
    Checkpoint.write(out, meta, weights.tensors());
    weights.remarks().forEach(remark -> spec.commandLine().getErr().println("multibox: " + remark));
    String what = weights.categories().isEmpty() ? "the backbone of " : "";
    report(weights.tensors(), "%s, as %s%s".formatted(project.key(), what, definition.name()));
  }

  private void report(Map<String, StoredTensor> tensors, String source) {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s: %,d tensors of %,d elements, from %s%n",
            out,
            tensors.size(),
            tensors.values().stream().mapToLong(tensor -> tensor.shape().size()).sum(),
            source);
  }
}
