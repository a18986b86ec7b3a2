package dev.multibox.nn;

import dev.multibox.autograd.Variable;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that is learned. It is declared first, by a layer, and gets its place in the slabs when
 * the whole model is known.
 */
public final class Parameter {
  /** What a parameter does, which is what optimizers tell parameters apart by. */
  public enum Role {
    /** A filter. */
    WEIGHT,
    /** A scale or a shift of a normalisation. */
    SCALE,
    /** The bias of a convolution. */
    BIAS
  }

  private final String name;
  private final Shape shape;
  private final Shape storedShape;
  private final Initializer initializer;
  private final Role role;
  private boolean frozen;
  private @Nullable Variable variable;
  private @Nullable Tensor value;
  private @Nullable Tensor momentum;

  Parameter(String name, Shape shape, Shape storedShape, Initializer initializer, Role role) {
    this.name = name;
    this.shape = shape;
    this.storedShape = storedShape;
    this.initializer = initializer;
    this.role = role;
  }

  /** The name in checkpoints, for example {@code backbone.stage1.conv.weight}. */
  public String name() {
    return name;
  }

  /** The shape in checkpoints. */
  public Shape shape() {
    return shape;
  }

  /**
   * The shape in memory: {@link #shape}, with zeros up to the backend's channel multiple where the
   * parameter meets the image or a head's output.
   */
  public Shape storedShape() {
    return storedShape;
  }

  public Initializer initializer() {
    return initializer;
  }

  public Role role() {
    return role;
  }

  /** Makes this a constant for training. */
  void freeze() {
    frozen = true;
  }

  /** Whether training leaves this as it is: it has no gradient. */
  public boolean frozen() {
    return frozen;
  }

  /**
   * Gives this parameter its memory: a constant until it is bound for training.
   *
   * @param master F32
   * @param read what ops read: the master or a copy of it
   */
  void bind(Tensor master, Tensor read) {
    value = master;
    variable = Variable.constant(read);
  }

  /**
   * Makes this a leaf, unless it is frozen.
   *
   * @param velocity F32
   * @param gradient of the type of what ops read
   */
  void bindForTraining(Tensor velocity, Tensor gradient) {
    momentum = velocity;
    if (!frozen) {
      variable = Variable.leaf(variable().value(), gradient);
    }
  }

  /**
   * The leaf that ops read, or the constant of a parameter that is frozen or never trained.
   *
   * @throws IllegalStateException before the model's memory is allocated
   */
  public Variable variable() {
    return bound(variable);
  }

  /** The current weights in F32, in the stored shape. */
  public Tensor value() {
    return bound(value);
  }

  /**
   * The optimizer's momentum, in the stored shape.
   *
   * @throws IllegalStateException in a model for inference too
   */
  public Tensor momentum() {
    return bound(momentum);
  }

  private <T> T bound(@Nullable T memory) {
    if (memory == null) {
      throw new IllegalStateException("parameter %s: has no memory yet".formatted(name));
    }
    return memory;
  }
}
