package dev.multibox.train;

import dev.multibox.autograd.StepMemory;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.NmsParams;
import dev.multibox.data.Annotation;
import dev.multibox.data.Batch;
import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.Loader;
import dev.multibox.data.LoaderSettings;
import dev.multibox.data.Sample;
import dev.multibox.eval.DetectedObject;
import dev.multibox.eval.GroundTruth;
import dev.multibox.eval.GroundTruthObject;
import dev.multibox.model.Detection;
import dev.multibox.model.Detector;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** Runs a model over a data set and collects what metrics compare. Images are numbered from 1. */
public final class Evaluator {
  private final Backend backend;
  private final Ssd ssd;
  private final Resize resize;
  private final Detector detector;
  private final ImageBatch imageBatch;
  private final int batch;
  private final int workers;
  private final Dataset dataset;

  /** An evaluator that sees images as goes with the model. */
  public Evaluator(
      Backend backend,
      Ssd ssd,
      NmsParams params,
      Dataset dataset,
      int batch,
      int workers,
      StepMemory memory,
      TensorArena arena) {
    this(
        backend,
        ssd,
        params,
        ssd.config().definition().resize(),
        dataset,
        batch,
        workers,
        memory,
        arena);
  }

  /**
   * An evaluator on {@code dataset} that takes {@code batch} images at a time.
   *
   * @param resize how images become the network's input
   * @param memory where activations go, planned by {@link Detector#plan}; may be shared with
   *     training
   * @param arena where its buffers live
   */
  public Evaluator(
      Backend backend,
      Ssd ssd,
      NmsParams params,
      Resize resize,
      Dataset dataset,
      int batch,
      int workers,
      StepMemory memory,
      TensorArena arena) {
    this.backend = backend;
    this.ssd = ssd;
    this.resize = resize;
    this.dataset = dataset;
    this.batch = batch;
    this.workers = workers;
    detector = new Detector(backend, ssd, params, batch, memory, arena);
    imageBatch = new ImageBatch(backend, dataset.largestBytes(batch), arena);
  }

  /** The objects of a data set as metrics take them. */
  public static GroundTruth groundTruth(Dataset dataset) {
    SortedSet<Long> imageIds = new TreeSet<>();
    SortedMap<Integer, String> categories = new TreeMap<>();
    for (int i = 0; i < dataset.categories().size(); i++) {
      categories.put(dataset.categoryIds().get(i), dataset.categories().get(i));
    }
    List<GroundTruthObject> objects = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      ImageRecord image = dataset.images().get(i);
      imageIds.add(i + 1L);
      for (Annotation object : image.objects()) {
        objects.add(
            new GroundTruthObject(
                objects.size() + 1,
                i + 1L,
                dataset.categoryIds().get(object.category()),
                object.xmin(),
                object.ymin(),
                (double) object.xmax() - object.xmin(),
                (double) object.ymax() - object.ymin(),
                object.area(),
                object.crowd(),
                object.difficult()));
      }
    }
    return new GroundTruth(imageIds, categories, objects);
  }

  /**
   * What the model finds on every image, in pixels of the image as it is annotated.
   *
   * @throws IOException if an image cannot be read
   */
  public List<DetectedObject> detect() throws IOException, InterruptedException {
    return detect(() -> false).orElseThrow();
  }

  /**
   * {@link #detect()}, unless {@code stop} says yes between two batches: then nothing.
   *
   * @throws IOException if an image cannot be read
   */
  Optional<List<DetectedObject>> detect(BooleanSupplier stop)
      throws IOException, InterruptedException {
    List<DetectedObject> all = new ArrayList<>();
    LoaderSettings settings = LoaderSettings.evaluation(batch, workers, resize, 0);
    try (Loader loader = new Loader(dataset, settings)) {
      for (int first = 0; first < dataset.size(); first += batch) {
        if (stop.getAsBoolean()) {
          return Optional.empty();
        }
        Batch next = loader.next();
        int count = next.samples().size();
        imageBatch.prepare(
            next.samples(), ssd.config().definition().normalisation(), detector.images(count));
        List<List<Detection>> detections = detector.detect(count);
        for (int i = 0; i < count; i++) {
          Sample sample = next.samples().get(i);
          for (Detection detection : detections.get(i)) {
            int category = dataset.categoryIds().get(detection.label() - 1);
            all.add(inPixels(detection, first + i + 1L, category, sample.image()));
          }
        }
      }
    }
    backend.synchronize();
    return Optional.of(all);
  }

  private static DetectedObject inPixels(
      Detection found, long imageId, int category, ImageRecord image) {
    double width = image.width();
    double height = image.height();
    return new DetectedObject(
        imageId,
        category,
        found.xmin() * width,
        found.ymin() * height,
        ((double) found.xmax() - found.xmin()) * width,
        ((double) found.ymax() - found.ymin()) * height,
        found.score());
  }
}
