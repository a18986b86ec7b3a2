package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Pointwise ops, and those of whole channels: their bias, their scale in each image, and putting
 * channels side by side. Tensors are all F32 or all F16 unless a method says otherwise; a bias, and
 * every sum, is F32.
 */
public abstract class ElementwiseKernels {
  private static final String FILL = "fill";
  private static final String ADD = "add";
  private static final String ACCUMULATE = "accumulate";
  private static final String ACTIVATION = "activation";
  private static final String ACTIVATION_BACKWARD = "activationBackward";
  private static final String BIAS = "bias";
  private static final String BIAS_BACKWARD = "biasBackward";
  private static final String SCALE = "scaleChannels";
  private static final String SCALE_BACKWARD = "scaleChannelsBackward";
  private static final String JOIN = "joinChannels";
  private static final String JOIN_BACKWARD = "joinChannelsBackward";
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
   * {@code dx} is what the activation passes of {@code dOut}, as {@link Activation} says. NaN in y
   * passes no gradient.
   *
   * @param y the activation's output, or its input where it {@link Activation#readsInput}
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
   * The gradient of a bias and of the activation behind it in one pass: {@code dz} is what the
   * activation passes of {@code dOut}; {@code dBias[c] = sum dz[..., c]}, summed in a fixed order.
   *
   * @param y the activation's output {@code [..., C]}, or its input where it {@link
   *     Activation#readsInput}; read unless it is {@link Activation#NONE}
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
   * @param activation one that {@link Activation#hasMask}
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
   * @param activation one that {@link Activation#hasMask}
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

  /**
   * {@code out[n,h,w,c] = x[n,h,w,c] scale[n,0,0,c]}: what squeeze-and-excitation weighs channels
   * by (Hu et al., 2018, equation 4).
   *
   * @param x {@code [N, H, W, C]}
   * @param scale {@code [N, 1, 1, C]}
   * @param out overwritten; may be x
   */
  public final void scaleChannels(Tensor x, Tensor scale, Tensor out) {
    checkScale(SCALE, x, scale, out);
    runScaleChannels(x, scale, out);
    out.markWritten();
  }

  /**
   * {@code dx[n,h,w,c] = dOut[n,h,w,c] scale[n,0,0,c]} and {@code dScale[n,0,0,c] = sum_{h,w}
   * dOut[n,h,w,c] x[n,h,w,c]}, in one pass, summed in a fixed order.
   *
   * @param dx may be dOut itself when it overwrites; null where x needs no gradient
   * @param dScale null where the scale needs none
   */
  public final void scaleChannelsBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale) {
    checkScale(SCALE_BACKWARD, x, scale, dOut);
    if (dx != null) {
      Checks.sameShape(SCALE_BACKWARD, x, dx.tensor());
      Checks.sameFloat(SCALE_BACKWARD, x, dx.tensor());
      dx.tensor().markWritten();
    }
    if (dScale != null) {
      Checks.sameShape(SCALE_BACKWARD, scale, dScale.tensor());
      Checks.sameFloat(SCALE_BACKWARD, scale, dScale.tensor());
      dScale.tensor().markWritten();
    }
    runScaleChannelsBackward(x, scale, dOut, dx, dScale);
  }

  private static void checkScale(String op, Tensor x, Tensor scale, Tensor out) {
    Checks.rank(op, "x", x, 4);
    Checks.shape(op, "scale", scale, x.shape().dim(0), 1, 1, x.shape().dim(3));
    Checks.sameShape(op, x, out);
    Checks.sameFloat(op, x, scale, out);
  }

  /**
   * Puts channels side by side: {@code out[..., c] = a[..., c]} for the first {@code fromA}
   * channels, {@code b[..., c - fromA]} for {@code fromB} behind them, 0 for what is left. Channels
   * of a and b beyond those are padding and not read.
   *
   * @param a {@code [..., at least fromA]}
   * @param b {@code [..., at least fromB]}, as many rows as a
   * @param out {@code [..., at least fromA + fromB]}, as many rows; overwritten
   */
  public final void joinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out) {
    checkWhole(JOIN, out, fromA + fromB);
    checkPart(JOIN, a, fromA, out);
    checkPart(JOIN, b, fromB, out);
    runJoinChannels(a, fromA, b, fromB, out);
    out.markWritten();
  }

  /**
   * The gradients of {@link #joinChannels}: each its part of dOut, with 0 in the padding.
   *
   * @param da null where a needs no gradient
   * @param db null where b needs none
   */
  public final void joinChannelsBackward(
      Tensor dOut, @Nullable Gradient da, long fromA, @Nullable Gradient db, long fromB) {
    checkWhole(JOIN_BACKWARD, dOut, fromA + fromB);
    if (da != null) {
      checkPart(JOIN_BACKWARD, da.tensor(), fromA, dOut);
      runJoinChannelsBackward(dOut, 0, fromA, da);
      da.tensor().markWritten();
    }
    if (db != null) {
      checkPart(JOIN_BACKWARD, db.tensor(), fromB, dOut);
      runJoinChannelsBackward(dOut, fromA, fromB, db);
      db.tensor().markWritten();
    }
  }

  private static void checkWhole(String op, Tensor whole, long channels) {
    Checks.sameFloat(op, whole);
    Checks.require(
        op,
        whole.shape().rank() > 0 && whole.shape().dim(-1) >= channels,
        "the whole was %s, wanted at least %d channels",
        whole.shape(),
        channels);
  }

  private static void checkPart(String op, Tensor part, long channels, Tensor whole) {
    Checks.sameFloat(op, whole, part);
    long[] wanted = whole.shape().dims();
    long[] dims = part.shape().dims();
    Checks.require(
        op,
        dims.length == wanted.length
            && Arrays.equals(dims, 0, dims.length - 1, wanted, 0, dims.length - 1),
        "a part was %s of %s, wanted the same rows",
        part.shape(),
        whole.shape());
    Checks.require(
        op,
        channels > 0 && channels <= part.shape().dim(-1),
        "%d channels were to be of %s, wanted 1 or more that it has",
        channels,
        part.shape());
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

  protected abstract void runScaleChannels(Tensor x, Tensor scale, Tensor out);

  protected abstract void runScaleChannelsBackward(
      Tensor x, Tensor scale, Tensor dOut, @Nullable Gradient dx, @Nullable Gradient dScale);

  protected abstract void runJoinChannels(Tensor a, long fromA, Tensor b, long fromB, Tensor out);

  /** The gradient of one part, {@code count} channels of dOut from {@code first} on. */
  protected abstract void runJoinChannelsBackward(
      Tensor dOut, long first, long count, Gradient part);

  protected abstract void runSum(Tensor x, Tensor sum);
}
