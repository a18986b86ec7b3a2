package dev.multibox.cli;

import dev.multibox.autograd.PooledMemory;
import dev.multibox.backend.Backend;
import dev.multibox.data.Dataset;
import dev.multibox.eval.CocoJson;
import dev.multibox.eval.DetectedObject;
import dev.multibox.eval.GroundTruth;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.Evaluator;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox eval}: how good detections are. */
@Command(
    name = "eval",
    description = "Measure detections as COCO or PASCAL VOC does.",
    footer = {
      "",
      "Examples:",
      "  multibox eval --weights runs/x-1/checkpoints/last.safetensors --data mine --split test",
      "  multibox eval --annotations instances_val2017.json --detections results.json",
      "  multibox eval --annotations gt.json --detections dt.json --metric voc07 --json out.json"
    })
final class EvalCommand implements Callable<Integer> {
  private static final int BATCH = 16;

  @Spec private CommandSpec spec;

  /** Where the detections come from: one member for each way to get them. */
  @ArgGroup(multiplicity = "1")
  private final Source source = new Source();

  @Option(
      names = "--metric",
      paramLabel = "coco|voc07|voc10",
      defaultValue = "coco",
      description = "What to compute (default: coco).")
  private Metric metric;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the numbers there, in full precision.")
  private @Nullable Path json;

  /** The ways to get detections, one of which is to be named. */
  static final class Source {
    @ArgGroup(exclusive = false)
    private @Nullable CocoFiles files;

    @ArgGroup(exclusive = false)
    private @Nullable Model model;
  }

  /** Detections of a model on a data set. */
  static final class Model {
    @Option(
        names = "--weights",
        paramLabel = "F",
        required = true,
        description = "A checkpoint that train wrote.")
    private Path weights;

    @Option(
        names = "--data",
        paramLabel = "DIR",
        required = true,
        description = "A data set with the same categories.")
    private Path data;

    @Option(names = "--split", paramLabel = "S", description = "Its split (default: val).")
    private String split = "val";

    @Option(names = "--layout", paramLabel = "voc|coco", description = "Its layout, if both show.")
    private @Nullable String layout;

    @Option(
        names = "--device",
        paramLabel = "auto|cpu|cuda[:N]",
        description = "Where to compute (default: auto).")
    private String device = "auto";
  }

  /** Detections of any detector, in COCO's form. */
  static final class CocoFiles {
    @Option(
        names = "--annotations",
        paramLabel = "FILE",
        required = true,
        description = "The truth, in COCO's annotation form.")
    private Path annotations;

    @Option(
        names = "--detections",
        paramLabel = "FILE",
        required = true,
        description = "What a detector found there, in COCO's result form.")
    private Path detections;
  }

  /** Detections with what they are measured against. */
  private record Measured(GroundTruth truth, List<DetectedObject> detections) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (json != null) {
      Outputs.requireWritable(json);
    }
    Measured measured = measured();
    EvalReport report = metric.evaluate(measured.truth(), measured.detections());
    PrintWriter out = spec.commandLine().getOut();
    out.print(report.table());
    out.flush();
    if (json != null) {
      Outputs.writeJson(json, report.json());
    }
    return ExitCode.DONE;
  }

  private Measured measured() throws IOException, InterruptedException {
    if (source.model != null) {
      return measured(source.model);
    }
    if (source.files != null) {
      return measured(source.files);
    }
    throw new IllegalStateException("eval: no source of detections, wanted one");
  }

  private Measured measured(Model model) throws IOException, InterruptedException {
    try (Checkpoint checkpoint = Weights.open(model.weights)) {
      Dataset dataset = DataFolders.split(model.data, model.layout, model.split);
      if (!dataset.categories().equals(checkpoint.meta().categories())) {
        throw UserError.of(
            "%s: has the categories %s, %s was trained on %s; name the data it was made for",
            model.data,
            String.join(", ", dataset.categories()),
            model.weights,
            String.join(", ", checkpoint.meta().categories()));
      }
      try (Backend backend = Devices.open(model.device, spec.commandLine().getErr());
          TensorArena arena = backend.newArena()) {
        Ssd ssd = Weights.model(checkpoint, backend, arena);
        Evaluator evaluator =
            new Evaluator(
                backend,
                ssd,
                ssd.config().definition().nms(),
                BATCH,
                Runtime.getRuntime().availableProcessors(),
                0,
                new PooledMemory(arena),
                arena);
        return new Measured(Evaluator.groundTruth(dataset), evaluator.detect(dataset));
      }
    }
  }

  private Measured measured(CocoFiles files) {
    try {
      GroundTruth truth = CocoJson.readAnnotations(files.annotations);
      List<DetectedObject> detections = CocoJson.readDetections(files.detections, truth);
      warn(truth, detections);
      return new Measured(truth, detections);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  /** Says what counts otherwise than its writer may have thought. */
  private void warn(GroundTruth truth, List<DetectedObject> detections) {
    PrintWriter err = spec.commandLine().getErr();
    long unknown =
        detections.stream()
            .filter(detection -> !truth.categories().containsKey(detection.categoryId()))
            .count();
    if (unknown > 0) {
      err.printf(
          "multibox: %d of %d detections are of categories the annotations do not list; they do"
              + " not count%n",
          unknown, detections.size());
    }
    if (metric == Metric.COCO && truth.objects().stream().anyMatch(object -> object.id() == 0)) {
      err.println(
          "multibox: one annotation has the id 0, with which nothing can match (as in pycocotools);"
              + " number them from 1");
    }
  }
}
