package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Priors;
import dev.multibox.box.Box;
import dev.multibox.data.Sample;
import dev.multibox.model.SsdNetwork;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** A batch as a network sees it: its images, and what the loss compares its outputs with. */
final class TrainingInput {
  private final Backend backend;
  private final SsdNetwork network;
  private final Priors priors;
  private final MatchParams match;
  private final ImageBatch imageBatch;
  private final GroundTruthBatch truth;
  private final Tensor images; // [N, H, W, C]
  private final Tensor matched; // [N, P]
  private final Tensor classTargets; // [N, P]
  private final Tensor offsetTargets; // [N, P, 4]

  /**
   * Buffers for exactly {@code batch} images in F32.
   *
   * @param mostObjects the largest number of objects on an image
   * @param arena where everything lives
   */
  TrainingInput(
      Backend backend,
      SsdNetwork network,
      MatchParams match,
      int batch,
      int mostObjects,
      TensorArena arena) {
    this(backend, network, match, DType.F32, StepSettings.of(batch, mostObjects), arena);
  }

  /** Buffers for a step, with images of a type, F32 or F16. */
  TrainingInput(
      Backend backend,
      SsdNetwork network,
      MatchParams match,
      DType type,
      StepSettings settings,
      TensorArena arena) {
    this.backend = backend;
    this.network = network;
    priors = network.priors().upload(backend, arena);
    this.match = match;
    int batch = settings.batch();
    imageBatch = new ImageBatch(backend, settings.imageBytes(), arena);
    truth = new GroundTruthBatch(backend, batch, Math.max(1, settings.mostObjects()), arena);
    images = arena.zeros(network.imageShape(batch), type);
    backend.image().expect(images);
    matched = arena.zeros(Shape.of(batch, priors.count()), DType.I32);
    classTargets = arena.zeros(Shape.of(batch, priors.count()), DType.I32);
    offsetTargets = arena.zeros(Shape.of(batch, priors.count(), 4), DType.F32);
  }

  /** Makes the network's input of these samples, and matches their objects with the priors. */
  void prepare(List<Sample> samples) {
    imageBatch.prepare(samples, network.config().definition().normalisation(), images);
    truth.upload(samples.stream().map(Sample::plan).toList());
    backend
        .box()
        .match(
            priors,
            truth.boxes(),
            truth.labels(),
            truth.counts(),
            match,
            network.config().definition().coding(),
            matched,
            classTargets,
            offsetTargets);
  }

  /** The first {@code count} of the samples prepared last, as they are now. */
  List<SeenSample> seen(List<Sample> samples, int count) {
    Normalisation normalisation = network.config().definition().normalisation();
    float[] corners = backend.floats(priors.corners());
    List<SeenSample> seen = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      Tensor image = images.slice(n * network.imageShape(1).size(), network.imageShape(1));
      Tensor ofImage = matched.slice((long) n * priors.count(), Shape.of(priors.count()));
      seen.add(
          new SeenSample(
              samples.get(n).image().id(),
              SeenPixels.of(floats(image), network.imageShape(1), normalisation),
              samples.get(n).plan().targets(),
              positives(corners, backend.ints(ofImage))));
    }
    return seen;
  }

  /** The values of an image of any type. */
  private float[] floats(Tensor image) {
    try (TensorArena arena = backend.newArena()) {
      Tensor wide = arena.allocate(image.shape(), DType.F32);
      backend.convert().convert(image, wide);
      return backend.floats(wide);
    }
  }

  private static List<SeenSample.Positive> positives(float[] corners, int[] matched) {
    List<SeenSample.Positive> positives = new ArrayList<>();
    for (int p = 0; p < matched.length; p++) {
      if (matched[p] >= 0) {
        Box prior =
            new Box(corners[4 * p], corners[4 * p + 1], corners[4 * p + 2], corners[4 * p + 3]);
        positives.add(new SeenSample.Positive(prior, matched[p]));
      }
    }
    return positives;
  }

  /** {@code [N, H, W, C]}, normalised. */
  Tensor images() {
    return images;
  }

  /** {@code [N, P]}, the object of each positive prior, else -1. */
  Tensor matched() {
    return matched;
  }

  /** {@code [N, P]}, the label of each positive prior, else 0 or -1. */
  Tensor classTargets() {
    return classTargets;
  }

  /** {@code [N, P, 4]}, the offsets of each positive prior's object. */
  Tensor offsetTargets() {
    return offsetTargets;
  }
}
