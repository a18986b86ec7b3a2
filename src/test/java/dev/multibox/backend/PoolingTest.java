package dev.multibox.backend;

import static dev.multibox.Tensors.assertClose;
import static dev.multibox.Tensors.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

class PoolingTest {
  private static final double EXACT = 0;

  /** A gradient adds up to one value per place of a window. */
  private static final double FEW_ADDITIONS = 1e-6;

  private static final float NAN = Float.NaN;
  private static final float INF = Float.POSITIVE_INFINITY;

  private static final List<PoolingParams> SETTINGS =
      List.of(
          PoolingParams.of(2, 2, 0),
          PoolingParams.of(2, 2, 0).withCeilMode(),
          PoolingParams.of(3, 2, 1),
          PoolingParams.of(3, 2, 1).withCeilMode(),
          PoolingParams.of(3, 1, 1),
          PoolingParams.of(1, 2, 0),
          PoolingParams.of(2, 5, 1),
          new PoolingParams(3, 5, 1, 2, 0, 2, true),
          new PoolingParams(5, 2, 3, 1, 2, 1, false));

  /** What a plain double loop finds. */
  private static final class Pooled {
    final float[] out;
    final int[] argMax;

    Pooled(float[] out, int[] argMax) {
      this.out = out;
      this.argMax = argMax;
    }
  }

  @BackendSource
  void takesTheLargestOfEachWindow(Backend backend) {
    Pooled pooled =
        pool(
            backend,
            Shape.of(1, 2, 4, 1),
            PoolingParams.of(2, 2, 0),
            new float[] {1, 2, -5, -INF, 4, 3, -6, -7});
    assertThat(pooled.out).containsExactly(4, -5);
    assertThat(pooled.argMax).containsExactly(2, 0);
  }

  @BackendSource
  void firstOfEqualValuesWins(Backend backend) {
    Pooled pooled =
        pool(
            backend,
            Shape.of(1, 2, 6, 1),
            PoolingParams.of(2, 2, 0),
            new float[] {1, 7, -0f, 0, -INF, -INF, 7, 7, 0, -0f, -INF, -INF});
    assertThat(pooled.argMax).containsExactly(1, 0, 0);
    assertThat(pooled.out[0]).isEqualTo(7);
    assertThat(pooled.out[1]).isZero();
    assertThat(pooled.out[2]).isEqualTo(-INF);
  }

  @BackendSource
  void firstNanWinsOverEverything(Backend backend) {
    float negativeNan = Float.intBitsToFloat(0xffc00000);
    Pooled pooled =
        pool(
            backend,
            Shape.of(1, 2, 4, 1),
            PoolingParams.of(2, 2, 0),
            new float[] {INF, NAN, INF, 9, NAN, 1, 3, negativeNan});
    assertThat(pooled.out).containsExactly(NAN, NAN);
    assertThat(pooled.argMax).containsExactly(1, 3);
  }

  @BackendSource
  void paddingNeverWins(Backend backend) {
    float[] x = {-INF, -INF, -INF, -INF};
    Pooled pooled = pool(backend, Shape.of(1, 2, 2, 1), PoolingParams.of(3, 2, 1), x);
    assertThat(pooled.out).containsExactly(-INF);
    assertThat(pooled.argMax).containsExactly(4);
  }

  @BackendSource
  void matchesAPlainLoop(Backend backend) {
    for (PoolingParams params : SETTINGS) {
      for (int channels : new int[] {1, 3, 7, 100, 2049}) {
        Shape shape = channels > 100 ? Shape.of(1, 7, 5, channels) : Shape.of(3, 13, 18, channels);
        float[] x = halves(random(channels, shape.size()));
        Pooled expected = plain(x, shape, params);
        Pooled pooled = pool(backend, shape, params, x);
        assertClose(pooled.out, expected.out, EXACT);
        assertThat(Arrays.mismatch(pooled.argMax, expected.argMax))
            .describedAs("%s %s", shape, params)
            .isEqualTo(-1);
      }
    }
  }

  @BackendSource
  void inferenceNeedsNoArgMax(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 2, 2, 1), 1, 4, 3, 2);
      Tensor out = tensors.poisoned(Shape.of(1, 1, 1, 1));
      backend.pooling().maxPool(x, PoolingParams.of(2, 2, 0), out, null);
      assertThat(backend.floats(out)).containsExactly(4);
    }
  }

  @BackendSource
  void gradientGoesToTheMaximumAndOverwritesOrAdds(Backend backend) {
    for (PoolingParams params : SETTINGS) {
      for (int channels : new int[] {1, 7, 100}) {
        Shape shape = Shape.of(2, 23, 18, channels);
        float[] x = halves(random(channels, shape.size()));
        Pooled expected = plain(x, shape, params);
        float[] dOut = random(5, expected.out.length);
        float[] gradient = plainBackward(expected, dOut, shape, params);
        checkBackward(backend, shape, params, expected, dOut, gradient);
      }
    }
  }

  private static void checkBackward(
      Backend backend,
      Shape shape,
      PoolingParams params,
      Pooled pooled,
      float[] dOut,
      float[] gradient) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape outShape = params.outputShape(shape);
      Tensor argMax = bytes(backend, tensors, outShape, pooled.argMax);
      Tensor upstream = tensors.floats(outShape, dOut);
      Tensor dx = tensors.poisoned(shape);
      backend.pooling().maxPoolBackward(argMax, upstream, params, Gradient.overwrite(dx));
      assertClose(backend.floats(dx), gradient, FEW_ADDITIONS);
      backend.pooling().maxPoolBackward(argMax, upstream, params, Gradient.add(dx));
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= 2;
      }
      assertClose(backend.floats(dx), gradient, FEW_ADDITIONS);
    }
  }

  @BackendSource
  void poolsNoImagesAtAll(Backend backend) {
    Pooled pooled = pool(backend, Shape.of(0, 4, 4, 3), PoolingParams.of(2, 2, 0), new float[0]);
    assertThat(pooled.out).isEmpty();
  }

  @BackendSource
  void refusesWhatTheContractsExclude(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.poisoned(Shape.of(1, 4, 4, 1));
      PoolingParams params = PoolingParams.of(2, 2, 0);
      assertThatThrownBy(() -> backend.pooling().maxPool(x, params, x, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("maxPool: out was [1, 4, 4, 1], wanted [1, 2, 2, 1]");
      Tensor out = tensors.poisoned(Shape.of(1, 2, 2, 1));
      assertThatThrownBy(() -> backend.pooling().maxPool(x, params, out, out))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("maxPool: a tensor was [1, 2, 2, 1] F32, wanted U8");
      assertThatThrownBy(() -> PoolingParams.of(17, 1, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("pooling: window was 17 x 17, wanted 1 to 256 places");
    }
  }

  private static Pooled pool(Backend backend, Shape shape, PoolingParams params, float[] values) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(shape, values);
      Tensor out = tensors.poisoned(params.outputShape(shape));
      int[] poison = new int[Math.toIntExact(out.size())];
      Arrays.fill(poison, 255);
      Tensor argMax = bytes(backend, tensors, out.shape(), poison);
      backend.pooling().maxPool(x, params, out, argMax);
      byte[] places = new byte[poison.length];
      backend.download(argMax, MemorySegment.ofArray(places));
      for (int i = 0; i < places.length; i++) {
        poison[i] = places[i] & 0xff;
      }
      return new Pooled(backend.floats(out), poison);
    }
  }

  private static Tensor bytes(Backend backend, Tensors tensors, Shape shape, int[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    Tensor tensor = tensors.allocate(shape, DType.U8);
    backend.upload(MemorySegment.ofArray(bytes), tensor);
    return tensor;
  }

  /** Multiples of one half, so that ties are common. */
  private static float[] halves(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(values[i] * 4) / 2f;
    }
    return values;
  }

  private interface Visitor {
    void visit(int out, int in, int place);
  }

  /** Visits every place of every window that lies in the input, in row-major order. */
  private static void eachPlace(Shape x, PoolingParams params, Visitor visitor) {
    Shape out = params.outputShape(x);
    int channels = x.intDim(3);
    for (int i = 0; i < out.size(); i++) {
      int c = i % channels;
      int q = i / channels % out.intDim(2);
      int p = i / channels / out.intDim(2) % out.intDim(1);
      int n = i / channels / out.intDim(2) / out.intDim(1);
      for (int place = 0; place < params.windowHeight() * params.windowWidth(); place++) {
        int h = p * params.strideHeight() - params.padHeight() + place / params.windowWidth();
        int w = q * params.strideWidth() - params.padWidth() + place % params.windowWidth();
        if (h >= 0 && h < x.dim(1) && w >= 0 && w < x.dim(2)) {
          visitor.visit(i, ((n * x.intDim(1) + h) * x.intDim(2) + w) * channels + c, place);
        }
      }
    }
  }

  private static Pooled plain(float[] x, Shape shape, PoolingParams params) {
    int size = Math.toIntExact(params.outputShape(shape).size());
    float[] out = new float[size];
    int[] argMax = new int[size];
    Arrays.fill(argMax, -1);
    eachPlace(
        shape,
        params,
        (o, i, place) -> {
          if (argMax[o] < 0 || x[i] > out[o]) {
            out[o] = x[i] + 0f;
            argMax[o] = place;
          }
        });
    return new Pooled(out, argMax);
  }

  private static float[] plainBackward(
      Pooled pooled, float[] dOut, Shape shape, PoolingParams params) {
    double[] sums = new double[Math.toIntExact(shape.size())];
    eachPlace(
        shape,
        params,
        (o, i, place) -> {
          if (pooled.argMax[o] == place) {
            sums[i] += dOut[o];
          }
        });
    float[] dx = new float[sums.length];
    for (int i = 0; i < dx.length; i++) {
      dx[i] = (float) sums[i];
    }
    return dx;
  }
}
