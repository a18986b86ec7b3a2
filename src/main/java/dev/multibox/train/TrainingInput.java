package dev.multibox.train;

import dev.multibox.backend.Backend;
import dev.multibox.backend.MatchParams;
import dev.multibox.data.Sample;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/** A batch as a network sees it: its images, and what the loss compares its outputs with. */
final class TrainingInput {
  private final Backend backend;
  private final Ssd ssd;
  private final MatchParams match;
  private final ImageBatch imageBatch;
  private final GroundTruthBatch truth;
  private final Tensor images; // [N, H, W, C]
  private final Tensor matched; // [N, P]
  private final Tensor classTargets; // [N, P]
  private final Tensor offsetTargets; // [N, P, 4]

  /**
   * Buffers for exactly {@code batch} images.
   *
   * @param mostObjects the largest number of objects on an image
   * @param arena where everything lives
   */
  TrainingInput(
      Backend backend, Ssd ssd, MatchParams match, int batch, int mostObjects, TensorArena arena) {
    this.backend = backend;
    this.ssd = ssd;
    this.match = match;
    imageBatch = new ImageBatch(backend, arena);
    truth = new GroundTruthBatch(backend, batch, Math.max(1, mostObjects), arena);
    int priors = ssd.priors().count();
    images = arena.zeros(ssd.imageShape(batch), DType.F32);
    matched = arena.zeros(Shape.of(batch, priors), DType.I32);
    classTargets = arena.zeros(Shape.of(batch, priors), DType.I32);
    offsetTargets = arena.zeros(Shape.of(batch, priors, 4), DType.F32);
  }

  /** Makes the network's input of these samples, and matches their objects with the priors. */
  void prepare(List<Sample> samples) {
    imageBatch.prepare(samples, ssd.config().definition().normalisation(), images);
    truth.upload(samples.stream().map(Sample::plan).toList());
    backend
        .box()
        .match(
            ssd.priors(),
            truth.boxes(),
            truth.labels(),
            truth.counts(),
            match,
            ssd.config().definition().coding(),
            matched,
            classTargets,
            offsetTargets);
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
