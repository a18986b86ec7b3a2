package dev.multibox.backend;

import dev.multibox.box.PriorBoxes;
import dev.multibox.box.PriorSettings.Clip;
import dev.multibox.box.PublishedPriors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** SSD300's heads for Pascal VOC with random outputs, eight boxes an image, matched. */
final class DetectionProblem {
  static final int CLASSES = 21;
  private static final int BOXES = 8;
  private static final int[] MAPS = {38, 19, 10, 5, 3, 1};

  private final Backend backend;
  private final TensorArena arena;
  final Priors priors;
  final HeadOutputs heads;
  final Tensor boxes; // [N, G, 4]
  final Tensor labels; // [N, G]
  final Tensor counts; // [N]
  final Tensor matched; // [N, P]
  final Tensor classTargets; // [N, P]
  final Tensor offsetTargets; // [N, P, 4]

  /** One of {@code batch} images, with head outputs of this type. */
  DetectionProblem(Backend backend, TensorArena arena, int batch, DType type) {
    this.backend = backend;
    this.arena = arena;
    var settings = PublishedPriors.voc300(Clip.NONE);
    RandomTensors random = new RandomTensors(backend, arena);
    List<Shape> maps = new ArrayList<>();
    List<Tensor> levels = new ArrayList<>();
    List<HeadLayout> layouts = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < MAPS.length; i++) {
      int perCell = settings.priorsPerCell().get(i);
      int channels = HeadLayout.channels(perCell, CLASSES, backend.channelMultiple());
      layouts.add(new HeadLayout(MAPS[i], MAPS[i], perCell, CLASSES, channels, first));
      first += layouts.getLast().priors();
      maps.add(Shape.of(batch, MAPS[i], MAPS[i], channels));
      levels.add(random.of(maps.getLast(), logits(i, maps.getLast()), type));
    }
    heads = new HeadOutputs(levels, layouts);
    priors = PriorBoxes.of(settings, maps, 300, 300).upload(backend, arena);
    boxes = arena.allocate(Shape.of(batch, BOXES, 4), DType.F32);
    labels = arena.allocate(Shape.of(batch, BOXES), DType.I32);
    counts = arena.allocate(Shape.of(batch), DType.I32);
    Shape perPrior = Shape.of(batch, priors.count());
    matched = arena.allocate(perPrior, DType.I32);
    classTargets = arena.allocate(perPrior, DType.I32);
    offsetTargets = arena.allocate(Shape.of(batch, priors.count(), 4), DType.F32);
    groundTruth(batch);
    match();
    OpBenchmark.require(
        Arrays.stream(backend.ints(classTargets)).filter(c -> c > 0).count() >= batch,
        "match: fewer positives than images");
  }

  /** Logits that leave background likely on most priors, as those of a trained network do. */
  private static float[] logits(long seed, Shape shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
      boolean background = i % shape.intDim(-1) % CLASSES == 0;
      values[i] += background ? 4 : 0;
    }
    return values;
  }

  private void groundTruth(int batch) {
    SplittableRandom random = new SplittableRandom(99);
    float[] corners = new float[batch * BOXES * 4];
    for (int i = 0; i < corners.length; i += 4) {
      corners[i] = random.nextFloat(0.7f);
      corners[i + 1] = random.nextFloat(0.7f);
      corners[i + 2] = corners[i] + random.nextFloat(0.05f, 0.3f);
      corners[i + 3] = corners[i + 1] + random.nextFloat(0.05f, 0.3f);
    }
    int[] classes = new int[batch * BOXES];
    Arrays.setAll(classes, _ -> random.nextInt(1, CLASSES));
    int[] all = new int[batch];
    Arrays.fill(all, BOXES);
    backend.upload(corners, boxes);
    backend.upload(classes, labels);
    backend.upload(all, counts);
  }

  /** Of all levels. */
  long headBytes() {
    return heads.levels().stream().mapToLong(Tensor::bytes).sum();
  }

  void match() {
    backend
        .box()
        .match(
            priors,
            boxes,
            labels,
            counts,
            MatchParams.torchvision(),
            BoxCoding.ssd(),
            matched,
            classTargets,
            offsetTargets);
  }

  /** A tensor as large as the offsets of all priors, [N, P, 4]. */
  Tensor newOffsets() {
    return arena.zeros(offsetTargets.shape(), DType.F32);
  }
}
