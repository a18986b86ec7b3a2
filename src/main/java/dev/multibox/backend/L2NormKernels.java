package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;

/**
 * L2 normalisation over the channels of each pixel with a learned scale per channel, as SSD puts it
 * between conv4_3 and its head (Liu et al., ParseNet, 2015, equation 2): {@code out[..., c] =
 * scale[c] x[..., c] / norm}. Tensors of x's shape are all F32 or all F16; scale and norm are F32.
 */
public abstract class L2NormKernels {
  private static final String FORWARD = "l2Norm";
  private static final String BACKWARD = "l2NormBackward";

  /** How a pixel of zeros is kept from dividing by zero; the sources differ. */
  public enum Guard {
    /** {@code norm = sqrt(sum x^2 + epsilon)}: Caffe, epsilon 1e-10. */
    ADD_TO_SQUARES,
    /** {@code norm = sqrt(sum x^2) + epsilon}: ssd.pytorch, epsilon 1e-10. */
    ADD_TO_NORM,
    /** {@code norm = max(sqrt(sum x^2), epsilon)}: torchvision, epsilon 1e-12. */
    LARGER_OF
  }

  /**
   * Normalises and scales every pixel.
   *
   * @param x {@code [..., C]}
   * @param scale {@code [C]} F32
   * @param norm {@code [rows]} F32, overwritten with the divisor of each pixel
   * @param out of x's shape, overwritten
   */
  public final void forward(
      Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out) {
    check(FORWARD, x, scale, epsilon, norm, out);
    runForward(x, scale, guard, epsilon, norm, out);
    norm.markWritten();
    out.markWritten();
  }

  /**
   * With {@code g = dOut scale}: {@code dx = (g - x (sum_c g x) / norm^2) / norm}, where {@link
   * Guard#ADD_TO_NORM} has {@code norm (norm - epsilon)} for the square, and a pixel whose norm is
   * the epsilon of {@link Guard#LARGER_OF} has {@code dx = g / norm}; {@code dScale[c] = sum dOut x
   * / norm}.
   *
   * @param norm as {@link #forward} wrote it
   */
  public final void backward(
      Tensor x,
      Tensor scale,
      Guard guard,
      float epsilon,
      Tensor norm,
      Tensor dOut,
      Gradient dx,
      Gradient dScale) {
    check(BACKWARD, x, scale, epsilon, norm, dOut);
    Checks.sameShape(BACKWARD, x, dx.tensor());
    Checks.sameFloat(BACKWARD, x, dx.tensor());
    Checks.channelVector(BACKWARD, "dScale", dScale.tensor(), x);
    runBackward(x, scale, guard, epsilon, norm, dOut, dx, dScale);
    dx.tensor().markWritten();
    dScale.tensor().markWritten();
  }

  private static void check(
      String op, Tensor x, Tensor scale, float epsilon, Tensor norm, Tensor like) {
    Checks.sameShape(op, x, like);
    Checks.sameFloat(op, x, like);
    Checks.channelVector(op, "scale", scale, x);
    Checks.shape(op, "norm", norm, x.shape().rows());
    Checks.dtype(op, DType.F32, norm);
    Checks.positive(op, "epsilon", epsilon);
  }

  protected abstract void runForward(
      Tensor x, Tensor scale, Guard guard, float epsilon, Tensor norm, Tensor out);

  protected abstract void runBackward(
      Tensor x,
      Tensor scale,
      Guard guard,
      float epsilon,
      Tensor norm,
      Tensor dOut,
      Gradient dx,
      Gradient dScale);
}
