package dev.multibox.autograd;

import dev.multibox.backend.Gradient;
import dev.multibox.backend.PoolingKernels;
import dev.multibox.backend.PoolingParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rules of {@link PoolingKernels}. */
public final class PoolingOps {
  private PoolingOps() {}

  /** Max pooling; backward keeps the arg-max, a byte an output, and not the input. */
  public static Variable maxPool(Tape tape, Variable x, PoolingParams params) {
    Pooled pooled = pool(tape, x.value(), params);
    PoolingKernels kernels = tape.backend().pooling();
    return tape.record(
        "maxPool",
        List.of(x),
        pooled.out(),
        pooled.saved(),
        out -> kernels.maxPoolBackward(pooled.requireArgMax(), out.grad(), params, x.gradient()));
  }

  /** A pooled tensor and where its maxima lay, which nobody asks where nothing is recorded. */
  record Pooled(PoolingParams params, Tensor out, @Nullable Tensor argMax) {
    List<Tensor> saved() {
      return argMax == null ? List.of() : List.of(argMax);
    }

    Tensor requireArgMax() {
      return Objects.requireNonNull(argMax);
    }

    /** The gradient of what was pooled, which is as {@code like}. */
    Tensor backward(Tape tape, Tensor dOut, Tensor like) {
      Tensor dx = tape.allocate(like.shape(), like.dtype());
      tape.backend()
          .pooling()
          .maxPoolBackward(requireArgMax(), dOut, params, Gradient.overwrite(dx));
      return dx;
    }
  }

  static Pooled pool(Tape tape, Tensor x, PoolingParams params) {
    Shape shape = params.outputShape(x.shape());
    Tensor y = tape.allocate(shape, x.dtype());
    Tensor argMax = tape.isRecording() ? tape.allocate(shape, DType.U8) : null;
    tape.backend().pooling().maxPool(x, params, y, argMax);
    return new Pooled(params, y, argMax);
  }

  /** The mean of each channel of each image, {@code [N, 1, 1, C]}; backward keeps nothing. */
  public static Variable globalAverage(Tape tape, Variable x) {
    PoolingKernels kernels = tape.backend().pooling();
    Tensor y =
        tape.allocate(Shape.of(x.shape().dim(0), 1, 1, x.shape().dim(-1)), x.value().dtype());
    kernels.globalAverage(x.value(), y);
    return tape.record(
        "globalAverage",
        List.of(x),
        y,
        List.of(),
        out -> kernels.globalAverageBackward(out.grad(), x.gradient()));
  }
}
