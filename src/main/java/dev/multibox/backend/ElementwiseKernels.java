package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Pointwise ops, and the bias of a channel with its gradient. Tensors are all F32 or all F16 unless
 * a method says otherwise; what belongs to a channel, and every sum, is F32.
 */
public abstract class ElementwiseKernels {
  private static final String FILL = "fill";
  private static final String ADD = "add";
  private static final String ACCUMULATE = "accumulate";
  private static final String ACTIVATION = "activation";
  private static final String ACTIVATION_BACKWARD = "activationBackward";
  private static final String BIAS = "bias";
  private static final String BIAS_BACKWARD = "biasBackward";
  private static final String MASKED_ACTIVATION = "maskedActivation";
  private static final String MASKED_ACTIVATION_BACKWARD = "maskedActivationBackward";
  private static final String MASKED_BIAS = "maskedBias";
  private static final String MASKED_BIAS_BACKWARD = "maskedBiasBackward";

  /** {@code out[i] = value}. */
  public final void fill(Tensor out, float value) {
    Checks.sameFloat(FILL, out);
    runFill(out, value);
    out.markWritten();
  }

  /**
   * {@code out = activation(a + b)}; all of one shape.
   *
   * @param out overwritten; may be a or b
   */
  public final void add(Tensor a, Tensor b, Activation activation, Tensor out) {
    Checks.sameShape(ADD, a, b, out);
    Checks.sameFloat(ADD, a, b, out);
    runAdd(a, b, activation, out);
    out.markWritten();
  }

  /**
   * {@code dx = dOut} or {@code dx += dOut}: the gradient of an identity that was not handed over,
   * or of several small batches.
   *
   * @param dx of dOut's type, or F32 where dOut is F16
   */
  public final void accumulate(Tensor dOut, Gradient dx) {
    Checks.sameShape(ACCUMULATE, dOut, dx.tensor());
    Checks.sameFloat(ACCUMULATE, dOut);
    Checks.require(
        ACCUMULATE,
        dx.tensor().dtype() == dOut.dtype() || dx.tensor().dtype() == DType.F32,
        "dx was %s for dOut %s, wanted F32 or the same type",
        dx.tensor(),
        dOut);
    runAccumulate(dOut, dx);
    dx.tensor().markWritten();
  }

  /**
   * {@code out = activation(x)}.
   *
   * @param out overwritten; may be x
   */
  public final void activation(Tensor x, Activation activation, Tensor out) {
    Checks.sameShape(ACTIVATION, x, out);
    Checks.sameFloat(ACTIVATION, x, out);
    runActivation(x, activation, out);
    out.markWritten();
  }

  /**
   * {@code dx = dOut} where the activation passed its input, else 0, read from its output {@code
   * y}. NaN in y passes no gradient.
   *
   * @param dx may be dOut itself when it overwrites
   */
  public final void activationBackward(Tensor y, Activation activation, Tensor dOut, Gradient dx) {
    Checks.sameShape(ACTIVATION_BACKWARD, y, dOut, dx.tensor());
    Checks.sameFloat(ACTIVATION_BACKWARD, y, dOut, dx.tensor());
    runActivationBackward(y, activation, dOut, dx);
    dx.tensor().markWritten();
  }

  /**
   * {@code out[..., c] = activation(x[..., c] + bias[c])}.
   *
   * @param bias {@code [C]} F32
   * @param out overwritten; may be x
   */
  public final void bias(Tensor x, Tensor bias, Activation activation, Tensor out) {
    Checks.sameShape(BIAS, x, out);
    Checks.sameFloat(BIAS, x, out);
    Checks.channelVector(BIAS, "bias", bias, x);
    runBias(x, bias, activation, out);
    out.markWritten();
  }

  /**
   * The gradient of a bias and of the activation behind it in one pass: {@code dz = dOut} where the
   * activation passed its input, else 0; {@code dBias[c] = sum dz[..., c]}, summed in a fixed
   * order.
   *
   * @param y the activation's output {@code [..., C]}; read unless it is {@link Activation#NONE}
   * @param dz overwritten with the gradient before the activation; may be dOut; null where the
   *     activation is {@link Activation#NONE}, for which it is dOut
   * @param dBias {@code [C]} F32
   */
  public final void biasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias) {
    Checks.sameShape(BIAS_BACKWARD, y, dOut);
    Checks.sameFloat(BIAS_BACKWARD, y, dOut);
    Checks.channelVector(BIAS_BACKWARD, "dBias", dBias.tensor(), y);
    Checks.require(
        BIAS_BACKWARD,
        (dz == null) == (activation == Activation.NONE),
        "dz was %s, wanted one exactly where there is an activation",
        dz);
    if (dz != null) {
      Checks.sameShape(BIAS_BACKWARD, y, dz);
      Checks.sameFloat(BIAS_BACKWARD, y, dz);
      dz.markWritten();
    }
    runBiasBackward(y, activation, dOut, dz, dBias);
    dBias.tensor().markWritten();
  }

  /**
   * {@link #activation} that also writes where it passed, so that {@link #maskedActivationBackward}
   * needs no output.
   *
   * @param x {@code [..., C]}
   * @param activation not {@link Activation#NONE}
   * @param out overwritten; may be x
   * @param mask overwritten, an {@link ActivationMask} of out
   */
  public final void maskedActivation(Tensor x, Activation activation, Tensor out, Tensor mask) {
    Checks.sameShape(MASKED_ACTIVATION, x, out);
    Checks.sameFloat(MASKED_ACTIVATION, x, out);
    ActivationMask.check(MASKED_ACTIVATION, activation);
    ActivationMask.check(MASKED_ACTIVATION, mask, x);
    runMaskedActivation(x, activation, out, mask);
    out.markWritten();
    mask.markWritten();
  }

  /**
   * {@link #activationBackward} from a mask: {@code dx = dOut} where it is set, else 0.
   *
   * @param dx may be dOut itself when it overwrites
   */
  public final void maskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx) {
    Checks.sameShape(MASKED_ACTIVATION_BACKWARD, dOut, dx.tensor());
    Checks.sameFloat(MASKED_ACTIVATION_BACKWARD, dOut, dx.tensor());
    ActivationMask.check(MASKED_ACTIVATION_BACKWARD, mask, dOut);
    runMaskedActivationBackward(mask, dOut, dx);
    dx.tensor().markWritten();
  }

  /**
   * {@link #bias} that also writes where the activation passed, so that {@link #maskedBiasBackward}
   * needs no output.
   *
   * @param bias {@code [C]} F32
   * @param activation not {@link Activation#NONE}
   * @param out overwritten; may be x
   * @param mask overwritten, an {@link ActivationMask} of out
   */
  public final void maskedBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask) {
    Checks.sameShape(MASKED_BIAS, x, out);
    Checks.sameFloat(MASKED_BIAS, x, out);
    Checks.channelVector(MASKED_BIAS, "bias", bias, x);
    ActivationMask.check(MASKED_BIAS, activation);
    ActivationMask.check(MASKED_BIAS, mask, x);
    runMaskedBias(x, bias, activation, out, mask);
    out.markWritten();
    mask.markWritten();
  }

  /**
   * {@link #biasBackward} from a mask: {@code dz = dOut} where it is set, else 0; {@code dBias[c] =
   * sum dz[..., c]}.
   *
   * @param dz overwritten; may be dOut
   * @param dBias {@code [C]} F32
   */
  public final void maskedBiasBackward(Tensor mask, Tensor dOut, Tensor dz, Gradient dBias) {
    Checks.sameShape(MASKED_BIAS_BACKWARD, dOut, dz);
    Checks.sameFloat(MASKED_BIAS_BACKWARD, dOut, dz);
    Checks.channelVector(MASKED_BIAS_BACKWARD, "dBias", dBias.tensor(), dOut);
    ActivationMask.check(MASKED_BIAS_BACKWARD, mask, dOut);
    runMaskedBiasBackward(mask, dOut, dz, dBias);
    dz.markWritten();
    dBias.tensor().markWritten();
  }

  /** {@code sum[0] = sum of x} into one F32 element, in a fixed order. */
  public final void sum(Tensor x, Tensor sum) {
    Checks.sameFloat("sum", x);
    Checks.dtype("sum", DType.F32, sum);
    Checks.shape("sum", "sum", sum, 1);
    runSum(x, sum);
    sum.markWritten();
  }

  protected abstract void runFill(Tensor out, float value);

  protected abstract void runAdd(Tensor a, Tensor b, Activation activation, Tensor out);

  protected abstract void runAccumulate(Tensor dOut, Gradient dx);

  protected abstract void runActivation(Tensor x, Activation activation, Tensor out);

  protected abstract void runActivationBackward(
      Tensor y, Activation activation, Tensor dOut, Gradient dx);

  protected abstract void runBias(Tensor x, Tensor bias, Activation activation, Tensor out);

  protected abstract void runBiasBackward(
      Tensor y, Activation activation, Tensor dOut, @Nullable Tensor dz, Gradient dBias);

  protected abstract void runMaskedActivation(
      Tensor x, Activation activation, Tensor out, Tensor mask);

  protected abstract void runMaskedActivationBackward(Tensor mask, Tensor dOut, Gradient dx);

  protected abstract void runMaskedBias(
      Tensor x, Tensor bias, Activation activation, Tensor out, Tensor mask);

  protected abstract void runMaskedBiasBackward(
      Tensor mask, Tensor dOut, Tensor dz, Gradient dBias);

  protected abstract void runSum(Tensor x, Tensor sum);
}
