package dev.multibox.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.Tensors;
import dev.multibox.backend.Backend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Compares a rule's gradients with central differences of {@code L = sum w out}, for weights w
 * drawn at random, at every element of every input. A second playback must add the same once more,
 * and in F16 the gradients must be the same but for rounding.
 */
final class GradientCheck {
  /** One input of the function under test, away from its kinks. */
  static final class Input {
    private final Shape shape;
    private final float[] values;
    private final boolean perChannel;

    Input(Shape shape, float[] values) {
      this(shape, values, false);
    }

    private Input(Shape shape, float[] values, boolean perChannel) {
      this.shape = shape;
      this.values = values;
      this.perChannel = perChannel;
    }

    Shape shape() {
      return shape;
    }

    float[] values() {
      return values;
    }

    /** Uniform values in {@code [-1, 1)}. */
    static Input random(long seed, long... dims) {
      Shape shape = Shape.of(dims);
      return new Input(shape, Tensors.random(seed, shape.size()));
    }

    /** One value for each channel: a bias, scale or shift, which is F32 whatever the others are. */
    Input perChannel() {
      return new Input(shape, values, true);
    }

    /** The same input with values that F16 holds. */
    private Input rounded() {
      float[] halves = values.clone();
      for (int i = 0; i < halves.length; i++) {
        halves[i] = Tensors.half(halves[i]);
      }
      return new Input(shape, halves, perChannel);
    }

    private DType type(DType others) {
      return perChannel ? DType.F32 : others;
    }
  }

  /** The function under test. */
  @FunctionalInterface
  interface Function {
    Variable apply(Tape tape, List<Variable> inputs);
  }

  /** Moves a value by this much either way: rounding of F32 and curvature weigh about the same. */
  private static final float STEP = 1f / 128;

  /**
   * Of the largest gradient. With outputs of order 1, F32 leaves about 1e-7 / STEP = 1e-5 in each
   * difference, summed over the outputs; curvature leaves STEP² times the third derivative.
   */
  private static final double TOLERANCE = 3e-3;

  /** Of the largest gradient: a few roundings to F16, of 2^-11 each. */
  private static final double HALF_TOLERANCE = 2e-3;

  private final Backend backend;
  private final Function function;
  private final List<Input> inputs;

  private GradientCheck(Backend backend, List<Input> inputs, Function function) {
    this.backend = backend;
    this.inputs = inputs;
    this.function = function;
  }

  /** Checks {@code function}, in which the op {@code op} must be recorded. */
  static void check(Backend backend, String op, List<Input> inputs, Function function) {
    new GradientCheck(backend, inputs, function).againstDifferences(op);
    List<Input> rounded = inputs.stream().map(Input::rounded).toList();
    new GradientCheck(backend, rounded, function).inHalves(op);
  }

  private void againstDifferences(String op) {
    List<float[]> once = gradients(op, DType.F32, 1);
    List<float[]> twice = gradients(op, DType.F32, 2);
    for (int i = 0; i < inputs.size(); i++) {
      double largest = largest(once.get(i));
      assertThat(largest).describedAs("gradient of input %d of %s", i, op).isPositive();
      for (int e = 0; e < once.get(i).length; e++) {
        double expected = (loss(i, e, STEP) - loss(i, e, -STEP)) / (2 * STEP);
        assertThat((double) once.get(i)[e])
            .describedAs("%s: gradient of element %d of input %d", op, e, i)
            .isCloseTo(expected, within(TOLERANCE * largest));
        assertThat((double) twice.get(i)[e])
            .describedAs("%s: gradient of element %d of input %d, added twice", op, e, i)
            .isCloseTo(2.0 * once.get(i)[e], within(1e-5 * largest));
      }
    }
  }

  private void inHalves(String op) {
    List<float[]> floats = gradients(op, DType.F32, 1);
    List<float[]> halves = gradients(op, DType.F16, 1);
    for (int i = 0; i < inputs.size(); i++) {
      assertThat(halves.get(i))
          .describedAs("%s: gradient of input %d in F16", op, i)
          .containsExactly(
              floats.get(i), within((float) (HALF_TOLERANCE * largest(floats.get(i)))));
    }
  }

  private static double largest(float[] gradient) {
    double largest = 0;
    for (float g : gradient) {
      largest = Math.max(largest, Math.abs(g));
    }
    return largest;
  }

  /** Every input's gradient after as many playbacks as asked, each of its own forward. */
  private List<float[]> gradients(String op, DType type, int playbacks) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      List<Variable> leaves = new ArrayList<>();
      for (Input input : inputs) {
        Tensor value = tensors.of(input.type(type), input.shape(), input.values());
        float[] nan = new float[input.values().length];
        Arrays.fill(nan, Float.NaN);
        leaves.add(Variable.leaf(value, tensors.of(value.dtype(), value.shape(), nan)));
      }
      PooledMemory memory = new PooledMemory(arena);
      for (int i = 0; i < playbacks; i++) {
        try (Tape tape = new Tape(backend, memory, Tape.Mode.TRAINING)) {
          Variable out = function.apply(tape, leaves);
          assertThat(tape.ops()).contains(op);
          tape.backward(out, tensors.of(out.value().dtype(), out.shape(), weights(out.shape())));
        }
      }
      return leaves.stream().map(leaf -> tensors.values(leaf.grad())).toList();
    }
  }

  private double loss(int input, int element, float step) {
    try (TensorArena arena = backend.newArena();
        Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.TRAINING)) {
      List<Variable> variables = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        float[] values = inputs.get(i).values().clone();
        if (i == input) {
          values[element] += step;
        }
        Tensor value = arena.allocate(inputs.get(i).shape(), DType.F32);
        backend.upload(values, value);
        variables.add(Variable.leaf(value, arena.zeros(value.shape(), DType.F32)));
      }
      Variable out = function.apply(tape, variables);
      float[] values = backend.floats(out.value());
      float[] weights = weights(out.shape());
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += (double) weights[i] * values[i];
      }
      return sum;
    }
  }

  /** Values that F16 holds, for they are also the gradient that playback starts from. */
  private static float[] weights(Shape shape) {
    return Input.random(99, shape.dims()).rounded().values();
  }
}
