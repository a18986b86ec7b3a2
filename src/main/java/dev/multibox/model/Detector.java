package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.MemoryPlan;
import dev.multibox.autograd.PlannedMemory;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Detections;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/** From images to boxes: the network, then suppression, with buffers for a largest batch. */
public final class Detector {
  private final Backend backend;
  private final Ssd ssd;
  private final NmsParams params;
  private final StepMemory memory;
  private final Tensor images;
  private final Detections detections;

  /** A detector for up to {@code batch} images at a time, in memory of {@code arena}. */
  public Detector(Backend backend, Ssd ssd, NmsParams params, int batch, TensorArena arena) {
    this(
        backend,
        ssd,
        params,
        batch,
        PlannedMemory.in(arena, plan(backend, ssd, params, batch)),
        arena);
  }

  /**
   * A detector for up to {@code batch} images at a time.
   *
   * @param memory where activations go, planned by {@link #plan}; may be shared with training
   * @param arena where the buffers live
   */
  public Detector(
      Backend backend, Ssd ssd, NmsParams params, int batch, StepMemory memory, TensorArena arena) {
    this.backend = backend;
    this.ssd = ssd;
    this.params = params;
    this.memory = memory;
    images = arena.zeros(ssd.imageShape(batch), ssd.type());
    int capacity = params.capacity(ssd.config().classes());
    detections =
        new Detections(
            arena.zeros(Shape.of(batch, capacity, 4), DType.F32),
            arena.zeros(Shape.of(batch, capacity), DType.F32),
            arena.zeros(Shape.of(batch, capacity), DType.I32),
            arena.zeros(Shape.of(batch), DType.I32));
  }

  /** Where activations lie while {@code batch} images are looked at. */
  public static MemoryPlan plan(Backend backend, Ssd ssd, NmsParams params, int batch) {
    try (DryBackend dry = DryBackend.of(backend);
        TensorArena arena = dry.newArena()) {
      Ssd twin = ssd.on(dry, arena);
      return MemoryPlan.of(
          dry, memory -> new Detector(dry, twin, params, batch, memory, arena).detect(batch));
    }
  }

  /** Where {@code count} prepared images go, {@code [count, H, W, C]}. */
  public Tensor images(int count) {
    return images.slice(0, ssd.imageShape(count));
  }

  /** The detections in each of the first {@code count} {@link #images}, best first. */
  public List<List<Detection>> detect(int count) {
    int capacity = detections.scores().shape().intDim(1);
    Detections part =
        new Detections(
            detections.boxes().slice(0, Shape.of(count, capacity, 4)),
            detections.scores().slice(0, Shape.of(count, capacity)),
            detections.labels().slice(0, Shape.of(count, capacity)),
            detections.counts().slice(0, Shape.of(count)));
    try (Tape tape = new Tape(backend, memory, Tape.Mode.INFERENCE)) {
      HeadVariables heads = ssd.forward(tape, Variable.constant(images(count)));
      backend
          .nms()
          .detect(
              heads.values(), ssd.priors(), ssd.config().definition().coding(), params, 1, 1, part);
    }
    return read(part, capacity);
  }

  private List<List<Detection>> read(Detections part, int capacity) {
    float[] boxes = backend.floats(part.boxes());
    float[] scores = backend.floats(part.scores());
    int[] labels = backend.ints(part.labels());
    int[] counts = backend.ints(part.counts());
    List<List<Detection>> all = new ArrayList<>();
    for (int n = 0; n < counts.length; n++) {
      List<Detection> ofImage = new ArrayList<>();
      for (int i = n * capacity; i < n * capacity + counts[n]; i++) {
        ofImage.add(
            new Detection(
                labels[i],
                scores[i],
                boxes[4 * i],
                boxes[4 * i + 1],
                boxes[4 * i + 2],
                boxes[4 * i + 3]));
      }
      all.add(ofImage);
    }
    return all;
  }
}
