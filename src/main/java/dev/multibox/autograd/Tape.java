package dev.multibox.autograd;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Checks;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One step's computation: ops append a node as they run forward, {@link #backward} plays the nodes
 * back in reverse. The tape owns what the step computes and returns each tensor to its {@link
 * StepMemory} at its last use, which for an activation is the backward of the op that made it.
 */
public final class Tape implements AutoCloseable {
  /** Whether gradients will be asked for. */
  public enum Mode {
    TRAINING,
    /** No node is recorded, batch norm uses its running statistics. */
    INFERENCE
  }

  /** One op that ran: its result, what only its backward reads, and that backward. */
  private record Node(String op, Variable out, List<Tensor> saved, Runnable backward) {}

  private final Backend backend;
  private final StepMemory memory;
  private final Mode mode;
  private final Recompute recompute;
  private final boolean recording;
  private final Tape whole;
  private final @Nullable SegmentMoments moments;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Consumer<Tensor>> runningUpdates = new ArrayList<>();
  // In order of allocation, so that what is returned at the end is returned in the same order every
  // step, and the next step finds the same addresses.
  private final Set<Tensor> held = new LinkedHashSet<>();

  /** A tape that keeps everything that backward reads. */
  public Tape(Backend backend, StepMemory memory, Mode mode) {
    this(backend, memory, mode, Recompute.NONE);
  }

  /** A tape of a whole step. */
  public Tape(Backend backend, StepMemory memory, Mode mode, Recompute recompute) {
    this.backend = backend;
    this.memory = memory;
    this.mode = mode;
    this.recompute = recompute;
    recording = mode == Mode.TRAINING;
    whole = this;
    moments = null;
  }

  /** The tape of one run of a segment of {@code whole}. */
  private Tape(Tape whole, boolean recording, SegmentMoments moments) {
    backend = whole.backend;
    memory = whole.memory;
    mode = whole.mode;
    recompute = whole.recompute;
    this.recording = recording;
    this.whole = whole;
    this.moments = moments;
  }

  public Backend backend() {
    return backend;
  }

  public boolean isTraining() {
    return mode == Mode.TRAINING;
  }

  /** Whether what is computed will be played back by this tape. */
  boolean isRecording() {
    return recording;
  }

  /** What backward computes again. */
  public Recompute recompute() {
    return recompute;
  }

  StepMemory memory() {
    return memory;
  }

  /** The ops recorded so far, in order. */
  public List<String> ops() {
    return nodes.stream().map(Node::op).toList();
  }

  /** A tensor of unspecified content, held until this tape releases it or is closed. */
  public Tensor allocate(Shape shape, DType dtype) {
    Tensor tensor = memory.allocate(shape, dtype);
    held.add(tensor);
    return tensor;
  }

  /** Returns workspace that nothing reads any more. */
  public void release(Tensor tensor) {
    if (held.remove(tensor)) {
      memory.release(tensor);
    }
  }

  /**
   * Appends an op that has run.
   *
   * @param op its name: that of the method that calls this
   * @param inputs what it read; the result needs a gradient if one of them does
   * @param out its result, from {@link #allocate}
   * @param saved other tensors from {@link #allocate} that only its backward reads
   * @param backward writes the inputs' gradients from the result's; not called when none arrived
   */
  Variable record(
      String op, List<Variable> inputs, Tensor out, List<Tensor> saved, Backward backward) {
    if (!recording || inputs.stream().noneMatch(Variable::needsGradient)) {
      saved.forEach(this::release);
      return Variable.constant(out);
    }
    Variable result = Variable.computed(out, this);
    nodes.add(new Node(op, result, saved, () -> backward.run(result)));
    return result;
  }

  /** A backward rule; its argument is the op's result, whose gradient has arrived. */
  @FunctionalInterface
  interface Backward {
    void run(Variable out);
  }

  /** A part of a network that a segment runs; it may read nothing else that is computed. */
  @FunctionalInterface
  public interface Body {
    Variable run(Tape tape, Variable x);
  }

  /**
   * Runs {@code body}; where this tape recomputes blocks, without keeping anything but its input
   * and its result, so that backward runs it once more and then plays that back.
   */
  public Variable segment(Variable x, Body body) {
    if (!recording || recompute != Recompute.BLOCK || whole != this) {
      return body.run(this, x);
    }
    SegmentMoments kept = new SegmentMoments();
    Tensor y;
    try (Tape first = new Tape(this, false, kept)) {
      y = body.run(first, Variable.constant(x.value())).value();
      first.held.remove(y);
      held.add(y);
    }
    Variable result = Variable.computed(y, this);
    nodes.add(
        new Node("segment", result, List.of(), () -> runAgain(x, body, kept.again(), result)));
    return result;
  }

  private void runAgain(Variable x, Body body, SegmentMoments kept, Variable result) {
    try (Tape second = new Tape(this, true, kept)) {
      boolean needed = x.needsGradient();
      Variable input = needed ? Variable.computed(x.value(), second) : Variable.constant(x.value());
      body.run(second, input).handOver(result.takeGradient());
      second.playBack();
      if (needed) {
        ElementwiseOps.passOn(second, input, x);
      }
    }
  }

  /**
   * The moments of a batch, which {@code compute} finds; in the second run of a segment those of
   * its first.
   */
  Moments moments(Supplier<Moments> compute) {
    return moments == null ? compute.get() : moments.next(compute);
  }

  /** A tensor that is held until the whole step's tape is closed. */
  Tensor allocateForStep(Shape shape, DType dtype) {
    return whole.allocate(shape, dtype);
  }

  /**
   * Remembers an update of running statistics for {@link #updateRunningStatistics}; what it reads
   * comes from {@link #allocateForStep}.
   */
  void onRunningUpdate(Consumer<Tensor> update) {
    whole.runningUpdates.add(update);
  }

  /** Updates the running statistics of every batch norm that ran, unless a gradient overflowed. */
  public void updateRunningStatistics(Tensor foundInf) {
    runningUpdates.forEach(update -> update.accept(foundInf));
  }

  /**
   * Computes the gradient of {@code sum(out seed)} for every leaf that {@code out} depends on, and
   * releases activations on the way. A tape is played back once.
   *
   * @param seed the gradient by {@code out}, of its shape: the loss scale for a loss
   */
  public void backward(Variable out, Tensor seed) {
    Checks.sameShape("backward", out.value(), seed);
    Checks.require("backward", out.needsGradient(), "nothing on the tape needs a gradient");
    backend.elementwise().accumulate(seed, out.gradient());
    playBack();
  }

  private void playBack() {
    nodes.forEach(node -> node.out().forgetPending());
    for (Node node : nodes.reversed()) {
      if (node.out().hasGradient()) {
        node.backward().run();
      }
      if (node.out().hasGradient()) {
        memory.release(node.out().takeGradient());
      }
      node.saved().forEach(this::release);
      node.out().giveUp();
    }
    nodes.clear();
  }

  /** Returns everything that is still held. */
  @Override
  public void close() {
    for (Node node : nodes) {
      if (node.out().hasGradient()) {
        memory.release(node.out().takeGradient());
      }
    }
    nodes.clear();
    held.forEach(memory::release);
    held.clear();
  }
}
