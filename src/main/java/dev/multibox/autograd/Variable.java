package dev.multibox.autograd;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Gradient;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor whose gradient may be asked for. Three kinds exist: constants (images, targets) have no
 * gradient; leaves (parameters) keep theirs in a buffer of their owner, over as many tapes as their
 * owner likes; what ops compute gets a buffer from the tape when the first gradient arrives. A
 * gradient has the type of its tensor: F16 of F16.
 */
public final class Variable {
  private final Shape shape;
  private final DType type;
  private final @Nullable Tape tape;
  private final boolean leaf;
  private @Nullable Tensor value;
  private @Nullable Pending pending;
  private @Nullable Tensor gradient;
  private boolean written;

  private Variable(Tensor value, @Nullable Tape tape, @Nullable Tensor gradient, boolean leaf) {
    this.value = value;
    shape = value.shape();
    type = value.dtype();
    this.tape = tape;
    this.gradient = gradient;
    this.leaf = leaf;
  }

  /** A tensor without a gradient. */
  public static Variable constant(Tensor value) {
    return new Variable(value, null, null, false);
  }

  /** A parameter with the buffer its gradient goes to, in the parameter's shape and type. */
  public static Variable leaf(Tensor value, Tensor gradient) {
    return new Variable(value, null, gradient, true);
  }

  static Variable computed(Tensor value, Tape tape) {
    return new Variable(value, tape, null, false);
  }

  /** The tensor; where it was given up for something pending, it is made once more. */
  public Tensor value() {
    Tensor found = value;
    if (found == null) {
      found = pending(requireTape());
      value = found;
    }
    return found;
  }

  public Shape shape() {
    return shape;
  }

  public DType dtype() {
    return type;
  }

  /** Says how the value can be made again, so that it need not be kept until backward. */
  void setPending(Pending how) {
    pending = how;
  }

  private Tensor pending(Tape home) {
    if (pending == null) {
      throw new IllegalStateException("variable: the value of %s is gone".formatted(this));
    }
    return pending.apply(home);
  }

  /** Gives the value back if it can be made again. */
  void forgetPending() {
    if (pending != null) {
      giveUp();
    }
  }

  /** Gives the value's memory back: for good, or until something pending is applied again. */
  void giveUp() {
    Tensor given = value;
    if (given != null) {
      requireTape().release(given);
      value = pending == null ? given : null;
    }
  }

  private Tape requireTape() {
    if (tape == null) {
      throw new IllegalStateException("variable: %s is of no tape".formatted(this));
    }
    return tape;
  }

  /** Whether a backward rule has to compute this variable's gradient. */
  public boolean needsGradient() {
    return leaf || tape != null;
  }

  /** Whether a gradient has arrived. */
  public boolean hasGradient() {
    return written;
  }

  /**
   * The gradient that arrived, for a backward rule to read.
   *
   * @throws IllegalStateException if none has
   */
  public Tensor grad() {
    if (gradient == null || !written) {
      throw new IllegalStateException("gradient: none has arrived at %s".formatted(this));
    }
    return gradient;
  }

  /**
   * Where a backward rule writes a gradient of this variable: the first one overwrites, later ones
   * add. Each call is one gradient, so a rule calls it once and writes all elements.
   */
  public Gradient gradient() {
    Tensor buffer = gradient;
    if (buffer == null) {
      if (tape == null) {
        throw new IllegalStateException("gradient: %s is a constant".formatted(this));
      }
      buffer = tape.memory().allocate(shape, type);
      gradient = buffer;
    }
    Accumulate how = written ? Accumulate.ADD : Accumulate.OVERWRITE;
    written = true;
    return new Gradient(buffer, how);
  }

  /**
   * Gives this variable a gradient that is already computed, buffer and all, instead of a copy.
   *
   * @return false if it has a buffer already; then the caller adds to it and keeps its own
   */
  boolean handOver(Tensor computed) {
    if (gradient != null || tape == null) {
      return false;
    }
    gradient = computed;
    written = true;
    return true;
  }

  /** Takes the gradient's buffer away, to be reused or handed on. */
  Tensor takeGradient() {
    Tensor taken = grad();
    gradient = null;
    written = false;
    return taken;
  }

  /** Starts a new sum of gradients: the next one to arrive at this leaf overwrites. */
  public void resetGradient() {
    if (!leaf) {
      throw new IllegalStateException("resetGradient: %s is not a leaf".formatted(this));
    }
    written = false;
  }

  /** For example {@code [8732, 4] F32}. */
  @Override
  public String toString() {
    return shape + " " + type;
  }
}
