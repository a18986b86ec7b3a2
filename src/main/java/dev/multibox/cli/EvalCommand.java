package dev.multibox.cli;

import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.NmsParams;
import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetReader;
import dev.multibox.data.Faults;
import dev.multibox.eval.CocoJson;
import dev.multibox.eval.DetectedObject;
import dev.multibox.eval.GroundTruth;
import dev.multibox.eval.Metric;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.EvaluationProtocol;
import dev.multibox.train.Evaluator;
import dev.multibox.train.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox eval}: how good detections are. */
@Command(
    name = "eval",
    header = "Measure detections as COCO or PASCAL VOC does.",
    description =
        "Detections are those of a model, --weights, on a data set, or those of any detector in a"
            + " file of COCO's result form, --detections.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox eval --weights runs/x-1/checkpoints/best.safetensors --data mine --split test",
      "  multibox eval --weights best.safetensors --annotations test.json --images photos",
      "  multibox eval --weights ssd300.safetensors --data coco2017 --recipe nvidia-coco",
      "  multibox eval --annotations instances_val2017.json --detections results.json",
      "  multibox eval --annotations gt.json --detections dt.json --metric voc07 --json out.json"
    })
final class EvalCommand implements Callable<Integer> {
  private static final int BATCH = 16;

  @Spec private CommandSpec spec;

  @Option(names = "--weights", paramLabel = "F", description = "A checkpoint that train wrote.")
  private @Nullable Path weights;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A data set with the categories that the checkpoint was trained on.")
  private @Nullable Path data;

  @Option(names = "--split", paramLabel = "S", description = "The split of --data (val).")
  private @Nullable String split;

  @Mixin private final DataOptions dataOptions = new DataOptions();

  @Option(
      names = "--detections",
      paramLabel = "FILE",
      description = "What a detector found on the images of --annotations, in COCO's result form.")
  private @Nullable Path detections;

  @Option(
      names = "--recipe",
      paramLabel = "R",
      description = {
        "Measure as those did who published a recipe: metric, images, resize, suppression",
        "(all images, coco, and what goes with the model)."
      })
  private @Nullable String recipe;

  @Option(
      names = "--metric",
      paramLabel = "coco|voc07|voc10",
      description = "What to compute (that of --recipe, else coco).")
  private @Nullable Metric metric;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where a model computes (auto).")
  private @Nullable String device;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the numbers there, in full precision.")
  private @Nullable Path json;

  /** Detections with what they are measured against, and how. */
  private record Measured(GroundTruth truth, List<DetectedObject> detections, Metric metric) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (json != null) {
      Outputs.requireWritable(json);
    }
    Measured measured = measured();
    EvalReport report = EvalReport.of(measured.metric(), measured.truth(), measured.detections());
    PrintWriter out = spec.commandLine().getOut();
    out.print(report.table());
    out.flush();
    if (json != null) {
      Outputs.writeJson(json, report.json());
    }
    return ExitCode.DONE;
  }

  private Measured measured() throws InterruptedException {
    if (detections != null) {
      return measured(detections);
    }
    if (weights == null) {
      throw UserError.of("name --weights F, or --annotations FILE --detections FILE");
    }
    return measured(weights, reader(), device == null ? "auto" : device);
  }

  private Measured measured(Path results) {
    refuseBeside("--detections", weights, "--weights");
    refuseBeside("--detections", data, "--data");
    refuseBeside("--detections", split, "--split");
    refuseBeside("--detections", device, "--device");
    refuseBeside("--detections", recipe, "--recipe");
    refuseBeside("--detections", dataOptions.layout, "--layout");
    refuseBeside("--detections", dataOptions.images, "--images");
    if (dataOptions.annotations == null) {
      throw UserError.of("--detections: needs --annotations FILE, the truth");
    }
    try {
      GroundTruth truth = CocoJson.readAnnotations(dataOptions.annotations);
      List<DetectedObject> found = CocoJson.readDetections(results, truth);
      Metric named = metric == null ? Metric.COCO : metric;
      warn(truth, found, named);
      return new Measured(truth, found, named);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private static void refuseBeside(String option, @Nullable Object other, String name) {
    if (other != null) {
      throw UserError.of("%s: does not go with %s; name one of the two", name, option);
    }
  }

  private DatasetReader reader() {
    dataOptions.check(data != null, "--data");
    if (data != null) {
      return dataOptions.open(data, Faults.REFUSED);
    }
    if (dataOptions.annotations == null) {
      throw UserError.of("--weights: needs --data DIR, or --annotations FILE --images DIR");
    }
    refuseBeside("--annotations", split, "--split");
    split = dataOptions.annotations.toString();
    return dataOptions.open(List.of(dataOptions.annotations));
  }

  private Measured measured(Path checkpointFile, DatasetReader reader, String where)
      throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Checkpoint checkpoint = Weights.open(checkpointFile)) {
      EvaluationProtocol protocol = protocol(checkpoint.requireKnownModel());
      Dataset dataset = dataset(reader, checkpointFile, checkpoint.meta().categories(), protocol);
      try (Backend backend = Devices.open(where, out);
          TensorArena arena = backend.newArena()) {
        out.printf(
            "data    %s: %d images, %d objects%n",
            dataset.name(), dataset.size(), dataset.objectCount());
        dataset.remarks().forEach(remark -> out.printf("note    %s%n", remark));
        out.printf("found   %s%n", description(protocol));
        out.flush();
        Ssd ssd = Weights.model(checkpoint, backend, arena);
        NmsParams nms = protocol.nms();
        StepPlan plan = Detector.plan(backend, ssd, nms, BATCH);
        Evaluator evaluator =
            new Evaluator(
                backend,
                ssd,
                nms,
                protocol.resize(),
                dataset,
                BATCH,
                Runtime.getRuntime().availableProcessors(),
                plan.allocate(backend, arena),
                arena);
        return new Measured(Evaluator.groundTruth(dataset), evaluator.detect(), protocol.metric());
      }
    } catch (IOException e) {
      // Nothing is written here: a checkpoint that does not fit its own description, or an image.
      throw UserError.caused(e);
    }
  }

  private EvaluationProtocol protocol(SsdDefinition model) {
    String name = recipe;
    EvaluationProtocol protocol =
        name == null
            ? EvaluationProtocol.of(model)
            : RunPlan.known(() -> Recipe.find(name)).evaluation(model);
    return metric == null ? protocol : protocol.with(metric);
  }

  /** What counts as found, in a line. */
  private static String description(EvaluationProtocol protocol) {
    NmsParams nms = protocol.nms();
    return String.format(
        Locale.ROOT,
        "scores above %s, overlap %s %s, %d an %s; images resized %s",
        nms.scoreThreshold(),
        nms.overlap() == NmsParams.Overlap.ABOVE ? "up to" : "below",
        nms.iouThreshold(),
        nms.topK(),
        nms.scope() == NmsParams.Scope.PER_IMAGE ? "image" : "image and class",
        protocol.resize().name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  /** What to measure on, its categories in the order of the checkpoint's classes. */
  private Dataset dataset(
      DatasetReader reader, Path checkpoint, List<String> categories, EvaluationProtocol protocol) {
    Dataset dataset = DataFolders.split(reader, split == null ? "val" : split);
    String unlike = dataset.categoriesUnlike(categories);
    if (!unlike.isEmpty()) {
      throw UserError.of(
          "%s: %s, unlike the classes of %s; name the data it was made for",
          dataset.name(), unlike, checkpoint);
    }
    if (dataset.size() == 0) {
      throw UserError.of("%s: lists no image; name another split", dataset.name());
    }
    Dataset whole = dataset.inOrder(categories);
    return protocol.skipsEmptyImages() ? whole.withObjects() : whole;
  }

  /** Says what counts otherwise than its writer may have thought. */
  private void warn(GroundTruth truth, List<DetectedObject> found, Metric named) {
    PrintWriter err = spec.commandLine().getErr();
    long unknown =
        found.stream()
            .filter(detection -> !truth.categories().containsKey(detection.categoryId()))
            .count();
    if (unknown > 0) {
      err.printf(
          "multibox: %d of %d detections are of categories the annotations do not list; they do"
              + " not count%n",
          unknown, found.size());
    }
    if (named == Metric.COCO && truth.objects().stream().anyMatch(object -> object.id() == 0)) {
      err.println(
          "multibox: one annotation has the id 0, with which nothing can match (as in pycocotools);"
              + " number them from 1");
    }
  }
}
