package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.NmsParams;
import dev.multibox.box.Box;
import dev.multibox.data.ImageDecoder;
import dev.multibox.data.PixelBuffer;
import dev.multibox.model.Detection;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.picture.ClassNames;
import dev.multibox.picture.Mark;
import dev.multibox.picture.Picture;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.train.ImageBatch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox detect}. */
@Command(
    name = "detect",
    header = "Find objects on images and draw them.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  multibox detect --weights runs/ssd-tiny-shapes-1/checkpoints/last.safetensors photo.jpg",
      "  multibox detect --weights best.safetensors --score-threshold 0.3 --json found.json photos/"
    })
final class DetectCommand implements Callable<Integer> {
  private static final List<String> SUFFIXES =
      List.of(".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp");

  @Spec CommandSpec spec;

  @Option(names = "--weights", required = true, paramLabel = "F", description = "A checkpoint.")
  Path weights;

  @Parameters(arity = "1..*", paramLabel = "IMAGE|DIR", description = "Images, or folders of them.")
  List<Path> inputs;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where pictures go, new or empty (runs/detect-1, -2, ...).")
  @Nullable Path out;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes COCO results as well.")
  @Nullable Path json;

  @Option(names = "--score-threshold", description = "Lowest score shown (${DEFAULT-VALUE}).")
  float scoreThreshold = 0.5f;

  @Option(
      names = "--iou-threshold",
      description = "Overlap at which the worse box goes (the model's).")
  @Nullable Float iouThreshold;

  @Option(names = "--top-k", description = "Most detections of an image (the model's).")
  @Nullable Integer topK;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:N]",
      description = "Where to compute (${DEFAULT-VALUE}).")
  String device = "auto";

  @Override
  public Integer call() throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    checkNumbers();
    List<Path> images = images();
    if (json != null) {
      Outputs.requireWritable(json);
    }
    if (out != null) {
      Outputs.requireNew(out);
    }
    try (Checkpoint checkpoint = Weights.open(weights);
        Backend backend = Devices.open(device, console);
        TensorArena arena = backend.newArena()) {
      Ssd ssd = Weights.model(checkpoint, backend, arena);
      NmsParams params = params(ssd.config().definition().nms());
      Detector detector = new Detector(backend, ssd, params, 1, arena);
      ImageBatch batch = new ImageBatch(backend, 0, arena);
      Path folder =
          out == null ? Outputs.numberedFolder(Path.of("runs"), "detect") : Outputs.newFolder(out);
      ClassNames names =
          PictureText.names(checkpoint.meta().categories(), spec.commandLine().getErr());
      PictureNames files = new PictureNames();
      List<Map<String, Object>> results = new ArrayList<>();
      for (int i = 0; i < images.size(); i++) {
        PixelBuffer pixels = decode(images.get(i));
        List<Detection> found = detect(batch, detector, ssd.config().definition(), pixels);
        Path picture = folder.resolve(files.next(images.get(i)));
        Picture.of(pixels).draw(marks(found, names)).write(picture);
        describe(console, images.get(i), found, checkpoint.meta().categories(), picture);
        for (Detection detection : found) {
          results.add(cocoResult(i + 1, images.get(i), detection, pixels));
        }
      }
      if (json != null) {
        Outputs.writeJson(json, results);
        console.println("results  " + json);
      }
      console.println("pictures " + folder);
      console.flush();
      return ExitCode.DONE;
    }
  }

  private void checkNumbers() {
    if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
      throw UserError.of("--score-threshold: was %s, wanted 0 to 1", scoreThreshold);
    }
    if (iouThreshold != null && !(iouThreshold >= 0 && iouThreshold <= 1)) {
      throw UserError.of("--iou-threshold: was %s, wanted 0 to 1", iouThreshold);
    }
    if (topK != null && topK < 1) {
      throw UserError.of("--top-k: was %d, wanted at least 1", topK);
    }
  }

  /** The model's, with what the command line says instead. */
  private NmsParams params(NmsParams ofModel) {
    return ofModel
        .withThresholds(
            scoreThreshold, iouThreshold == null ? ofModel.iouThreshold() : iouThreshold)
        .withTopK(topK == null ? ofModel.topK() : topK);
  }

  private List<Path> images() throws IOException {
    List<Path> images = new ArrayList<>();
    for (Path input : inputs) {
      if (Files.isDirectory(input)) {
        try (Stream<Path> files = Files.list(input)) {
          files.filter(DetectCommand::looksLikeImage).sorted().forEach(images::add);
        }
      } else if (Files.isRegularFile(input)) {
        images.add(input);
      } else {
        throw UserError.of("%s: no such file or folder; name images to look at", input);
      }
    }
    if (images.isEmpty()) {
      throw UserError.of("%s: holds no image; name one, or a folder with some", inputs.getFirst());
    }
    return images;
  }

  private static boolean looksLikeImage(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && SUFFIXES.stream().anyMatch(name::endsWith);
  }

  private static PixelBuffer decode(Path image) {
    try {
      return ImageDecoder.decodeUpright(image);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private static List<Detection> detect(
      ImageBatch batch, Detector detector, SsdDefinition definition, PixelBuffer pixels) {
    ImagePlan plan = ImagePlan.whole(pixels.width(), pixels.height(), definition.resize());
    batch.prepare(List.of(pixels), List.of(plan), definition.normalisation(), detector.images(1));
    return detector.detect(1).getFirst();
  }

  private static List<Mark> marks(List<Detection> found, ClassNames names) {
    List<Mark> marks = new ArrayList<>();
    for (Detection detection : found) {
      Box box = new Box(detection.xmin(), detection.ymin(), detection.xmax(), detection.ymax());
      String score = String.format(Locale.ROOT, "%.2f", detection.score());
      marks.add(Mark.object(box, detection.label(), names.of(detection.label()), score));
    }
    return marks;
  }

  private static void describe(
      PrintWriter console, Path image, List<Detection> found, List<String> categories, Path to) {
    console.printf("%s: %d found -> %s%n", image, found.size(), to);
    for (Detection detection : found) {
      console.printf(
          Locale.ROOT,
          "  %-16s %.2f  at %.3f %.3f %.3f %.3f%n",
          categories.get(detection.label() - 1),
          detection.score(),
          detection.xmin(),
          detection.ymin(),
          detection.xmax(),
          detection.ymax());
    }
    console.flush();
  }

  private static Map<String, Object> cocoResult(
      int imageId, Path image, Detection found, PixelBuffer pixels) {
    double width = pixels.width();
    double height = pixels.height();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("image_id", imageId);
    result.put("file_name", image.toString());
    result.put("category_id", found.label());
    result.put(
        "bbox",
        List.of(
            found.xmin() * width,
            found.ymin() * height,
            ((double) found.xmax() - found.xmin()) * width,
            ((double) found.ymax() - found.ymin()) * height));
    result.put("score", found.score());
    return result;
  }
}
