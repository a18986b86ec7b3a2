package dev.multibox.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.StepPlan;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** From images to boxes: the network, then suppression, with buffers for a largest batch. */
public final class Detector {
  /** Words of 32 bits that a place for a detection has: a box, a score and a label. */
  private static final int WORDS = 6;

  private final Backend backend;
  private final Ssd ssd;
  private final NmsParams params;
  private final InferenceStep step;
  private final int capacity;

  /**
   * Detections one part behind the other, as many images as there are, so that one copy has all.
   */
  private final Tensor found;

  /** A detector for up to {@code batch} images at a time, in memory of {@code arena}. */
  public Detector(Backend backend, Ssd ssd, NmsParams params, int batch, TensorArena arena) {
    this(
        backend,
        ssd,
        params,
        batch,
        plan(backend, ssd, params, batch).allocate(backend, arena),
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
    step = new InferenceStep(backend, ssd, batch, memory, arena, this::suppress);
    backend.image().expect(step.images(batch));
    capacity = params.capacity(ssd.config().classes());
    found = arena.zeros(Shape.of(words(batch)), DType.F32);
  }

  /** What a detector takes that looks at {@code batch} images at a time. */
  public static StepPlan plan(Backend backend, Ssd ssd, NmsParams params, int batch) {
    return StepPlan.of(
        backend,
        (dry, memory, arena) ->
            new Detector(dry, ssd.on(dry, arena), params, batch, memory, arena).detect(batch));
  }

  /** Where {@code count} prepared images go, {@code [count, H, W, C]}. */
  public Tensor images(int count) {
    return step.images(count);
  }

  /** The detections in each of the first {@code count} {@link #images}, best first. */
  public List<List<Detection>> detect(int count) {
    step.run(count);
    return read(count);
  }

  private void suppress(int count, HeadOutputs heads) {
    long places = (long) count * capacity;
    Detections out =
        new Detections(
            found.slice(0, Shape.of(count, capacity, 4)),
            found.slice(4 * places, Shape.of(count, capacity)),
            ints(found.slice(5 * places, Shape.of(count, capacity))),
            ints(found.slice(WORDS * places, Shape.of(count))));
    backend
        .nms()
        .detect(heads, ssd.priors(), ssd.config().definition().coding(), params, 1, 1, out);
  }

  private static Tensor ints(Tensor words) {
    return words.reinterpret(words.shape(), DType.I32);
  }

  /** What the detections in {@code count} images take, a count for each of them included. */
  private long words(int count) {
    return (long) count * capacity * WORDS + count;
  }

  private List<List<Detection>> read(int count) {
    int places = Math.multiplyExact(count, capacity);
    MemorySegment words = MemorySegment.ofArray(new int[Math.toIntExact(words(count))]);
    backend.download(found.slice(0, Shape.of(words(count))), words);
    List<List<Detection>> all = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      List<Detection> ofImage = new ArrayList<>();
      int first = n * capacity;
      int end = first + words.getAtIndex(JAVA_INT, (long) WORDS * places + n);
      for (int i = first; i < end; i++) {
        ofImage.add(
            new Detection(
                words.getAtIndex(JAVA_INT, 5L * places + i),
                words.getAtIndex(JAVA_FLOAT, 4L * places + i),
                words.getAtIndex(JAVA_FLOAT, 4L * i),
                words.getAtIndex(JAVA_FLOAT, 4L * i + 1),
                words.getAtIndex(JAVA_FLOAT, 4L * i + 2),
                words.getAtIndex(JAVA_FLOAT, 4L * i + 3)));
      }
      all.add(ofImage);
    }
    return all;
  }
}
