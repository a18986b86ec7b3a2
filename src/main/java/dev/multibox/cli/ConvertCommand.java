package dev.multibox.cli;

import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.onnx.OnnxFile;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox convert}: weights of one format, or of another project, as another. */
@Command(
    name = "convert",
    header = "Write weights in another format, or give those of another project our names.",
    description = {
      "IN is safetensors or a file of torch.save, whatever its name; OUT ends in .safetensors or .onnx"
          + " and is replaced if it exists. Nothing in IN is ever run.",
      "",
      "To safetensors, names and types are kept; nested dictionaries flatten with dots, and numbers and texts in them"
          + " become metadata. With --from, OUT is a checkpoint that eval, detect, forward and train"
          + " --init take; of a classifier's weights it has the backbone, for train --init alone.",
      "",
      "An ONNX file (opset 17) is a whole detector for other programs. It takes 'image'"
          + " [N, 3, H, W] in F32, normalised as its metadata says, or RGB from 0 to 255 with"
          + " --with-normalisation. It gives 'class_logits' [N, P, K], 'box_offsets' [N, P, 4] and"
          + " 'prior_boxes' [P, 4] (cx cy w h); with --with-nms instead 'boxes' [N, D, 4] (xmin ymin"
          + " xmax ymax, 0 to 1), 'scores' and 'labels' [N, D] (1 is the first category), best first,"
          + " and 'counts' [N]."
    },
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox convert weights.pth weights.safetensors",
      "  multibox convert --from torchvision ssd300_vgg16_coco-b556d3b4.pth ssd300.safetensors",
      "  multibox convert --from torchvision resnet50-0676ba61.pth backbone.safetensors",
      "  multibox convert --from torchvision --model ssd512-vgg16 vgg16-397923af.pth \\",
      "      backbone.safetensors",
      "  multibox convert runs/ssd-tiny-mine-1/checkpoints/best.safetensors mine.onnx",
      "  multibox convert --with-nms --with-normalisation --score-threshold 0.3 \\",
      "      runs/ssd-tiny-mine-1/checkpoints/best.safetensors mine.onnx",
      "  multibox convert --from torchvision --with-nms ssd300_vgg16_coco-b556d3b4.pth ssd300.onnx"
    })
final class ConvertCommand implements Callable<Integer> {
  private static final String SAFETENSORS = ".safetensors";
  private static final String ONNX = ".onnx";

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
      description = {
        "Our model: with --from the one to make (that which the project's model is), for ONNX the",
        "one that IN holds (what IN says)."
      })
  private @Nullable String model;

  @Option(
      names = "--categories",
      paramLabel = "NAME,NAME...",
      split = ",",
      description = {
        "The names of the classes behind background, with --from or for ONNX (what IN says)."
      })
  private @Nullable List<String> categories;

  @Mixin private final OnnxOptions onnx = new OnnxOptions();

  @Override
  public Integer call() throws IOException {
    requireOutput();
    ForeignProject project = project();
    onnx.check(isOnnx());
    try (WeightFile weights = open()) {
      if (project == null) {
        if (isOnnx()) {
          writeOnnx(OnnxSource.of(weights, model, categories), weights.format());
        } else {
          copy(weights);
        }
      } else {
        ImportedWeights imported = imported(weights, project);
        if (isOnnx()) {
          writeOnnx(OnnxSource.of(weights, imported), project.key());
          remark(imported);
        } else {
          writeCheckpoint(imported, project);
        }
      }
    }
    return ExitCode.DONE;
  }

  private boolean isOnnx() {
    return out.toString().endsWith(ONNX);
  }

  private void requireOutput() throws IOException {
    if (!out.toString().endsWith(SAFETENSORS) && !isOnnx()) {
      throw UserError.of(
          "%s: its suffix says which format to write, wanted %s or %s", out, SAFETENSORS, ONNX);
    }
    Outputs.requireWritable(out);
    if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
      throw UserError.of("%s: is the file to read; name another to write", out);
    }
  }

  private @Nullable ForeignProject project() {
    if (from == null) {
      if (!isOnnx() && (model != null || categories != null)) {
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
    remark(weights);
    String what = weights.categories().isEmpty() ? "the backbone of " : "";
    report(weights.tensors(), "%s, as %s%s".formatted(project.key(), what, definition.name()));
  }

  private void remark(ImportedWeights weights) {
    weights.remarks().forEach(remark -> spec.commandLine().getErr().println("multibox: " + remark));
  }

  private void writeOnnx(OnnxSource source, String from) throws IOException {
    SsdDefinition definition = source.definition();
    InputSize size = onnx.size(definition, source.size());
    Ssd.Config config = new Ssd.Config(definition, size.height(), size.width(), source.classes());
    try {
      OnnxFile.write(
          out,
          config,
          source.weights(),
          source.categories(),
          onnx.form(definition.nms()),
          Version.multibox());
    } catch (IllegalArgumentException e) {
      throw UserError.of("--input-size: %s", e.getMessage());
    }
    report(
        source.weights(),
        "%s, as %s for images of %dx%d"
            .formatted(from, definition.name(), size.height(), size.width()));
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
