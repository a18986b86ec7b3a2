package dev.multibox.backend;

import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * One call of an op on tensors of one floating-point type, with values that F16 holds, the same
 * whatever the type; remembers what the op is to write.
 */
final class HalfRun {
  private final Backend backend;
  private final Tensors tensors;
  private final DType type;
  private final Accumulate accumulate;
  private final Activation activation;
  private final List<Tensor> results = new ArrayList<>();

  /** The activation of the call comes with one way of its gradients, so that all are tried. */
  HalfRun(Backend backend, Tensors tensors, DType type, Activation activation) {
    this.backend = backend;
    this.tensors = tensors;
    this.type = type;
    this.activation = activation;
    this.accumulate = activation == Activation.RELU ? Accumulate.ADD : Accumulate.OVERWRITE;
  }

  Backend backend() {
    return backend;
  }

  Tensors tensors() {
    return tensors;
  }

  Activation activation() {
    return activation;
  }

  /** That of the call, where it has a mask. */
  Activation maskedActivation() {
    return activation.hasMask() ? activation : Activation.RELU;
  }

  List<Tensor> results() {
    return results;
  }

  /** Values in [-1, 1). */
  Tensor random(long seed, Shape shape) {
    return tensors.of(type, shape, halves(Tensors.random(seed, shape.size())));
  }

  /** Any of the 65,536 halves: subnormal, infinite and NaN ones too. */
  Tensor any(long seed, Shape shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.float16ToFloat((short) random.nextInt());
    }
    return tensors.of(type, shape, values);
  }

  /** Values in [-1, 1) that are F32 whatever the type. */
  Tensor floats(long seed, Shape shape) {
    return tensors.floats(shape, Tensors.random(seed, shape.size()));
  }

  /** One F32 value for each channel of {@code shape}. */
  Tensor perChannel(long seed, Shape shape) {
    return floats(seed, channels(shape));
  }

  /** A mask of {@code x}, bits by chance, those behind the last channel too. */
  Tensor mask(Shape x) {
    Shape shape = ActivationMask.shape(x);
    byte[] bits = new byte[(int) shape.size()];
    new SplittableRandom(1).nextBytes(bits);
    Tensor mask = tensors.allocate(shape, DType.U8);
    backend.upload(MemorySegment.ofArray(bits), mask);
    return mask;
  }

  static Shape channels(Shape shape) {
    return Shape.of(shape.dim(-1));
  }

  /** What the op overwrites. */
  Tensor out(Shape shape) {
    return result(tensors.of(type, shape, nan(shape)));
  }

  /** What the op overwrites in F32 whatever the type. */
  Tensor floatsOut(Shape shape) {
    return result(tensors.poisoned(shape));
  }

  /** What the op overwrites in integers. */
  Tensor out(Shape shape, DType integers) {
    return result(tensors.zeros(shape, integers));
  }

  /** A mask of {@code x} that the op overwrites. */
  Tensor maskOut(Shape x) {
    return out(ActivationMask.shape(x), DType.U8);
  }

  /** A gradient that the op overwrites or adds to. */
  Gradient gradient(Shape shape) {
    return new Gradient(adds() ? result(random(99, shape)) : out(shape), accumulate);
  }

  /** A gradient in F32 whatever the type. */
  Gradient floatsGradient(Shape shape) {
    return new Gradient(adds() ? result(floats(99, shape)) : floatsOut(shape), accumulate);
  }

  /** What the op updates in place. */
  Tensor result(Tensor tensor) {
    results.add(tensor);
    return tensor;
  }

  private boolean adds() {
    return accumulate == Accumulate.ADD;
  }

  private static float[] halves(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Tensors.half(values[i]);
    }
    return values;
  }

  private static float[] nan(Shape shape) {
    float[] values = new float[(int) shape.size()];
    Arrays.fill(values, Float.NaN);
    return values;
  }
}
