package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.BackendSource;
import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cpu.CpuConvolution;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Convolution by hand, against the direct loops, and what is refused. */
class ConvolutionTest {
  /**
   * Of the largest result, which RELU6 cuts to 6 where sums of up to 1200 products reach 40: an
   * error of 2e-6 of the sum is 1.3e-5 of what is left.
   */
  private static final double TOLERANCE = 1.3e-5;

  private static final ConvolutionParams DENSE = ConvolutionParams.of(1, 0);

  /** One comparison: a convolution of {@code x} by {@code filter}. */
  private record Case(Shape x, Shape filter, ConvolutionParams params) {}

  private static final List<Case> CASES =
      List.of(
          new Case(Shape.of(1, 1, 1, 1), Shape.of(1, 1, 1, 1), DENSE),
          new Case(Shape.of(2, 7, 5, 3), Shape.of(4, 3, 3, 3), ConvolutionParams.of(1, 1)),
          new Case(Shape.of(3, 13, 10, 17), Shape.of(33, 3, 3, 17), ConvolutionParams.of(2, 1)),
          new Case(Shape.of(1, 31, 33, 3), Shape.of(64, 7, 7, 3), ConvolutionParams.of(2, 3)),
          new Case(Shape.of(2, 19, 19, 32), Shape.of(21, 3, 3, 32), ConvolutionParams.of(1, 1)),
          new Case(Shape.of(2, 9, 11, 16), Shape.of(48, 1, 1, 16), DENSE),
          new Case(Shape.of(2, 9, 9, 16), Shape.of(5, 1, 1, 16), ConvolutionParams.of(2, 0)),
          new Case(
              Shape.of(1, 19, 19, 6),
              Shape.of(10, 3, 3, 6),
              ConvolutionParams.of(1, 6).withDilation(6)),
          new Case(
              Shape.of(2, 12, 9, 5),
              Shape.of(7, 3, 5, 5),
              new ConvolutionParams(2, 1, 1, 2, 1, 1, 1)),
          new Case(
              Shape.of(1, 15, 17, 8),
              Shape.of(6, 2, 3, 8),
              new ConvolutionParams(1, 3, 0, 4, 3, 2, 1)),
          new Case(
              Shape.of(2, 7, 7, 6), Shape.of(8, 3, 3, 3), ConvolutionParams.of(1, 1).withGroups(2)),
          new Case(
              Shape.of(2, 8, 9, 24),
              Shape.of(24, 3, 3, 1),
              ConvolutionParams.of(1, 1).withGroups(24)),
          new Case(
              Shape.of(1, 11, 10, 16),
              Shape.of(16, 3, 3, 1),
              ConvolutionParams.of(2, 1).withGroups(16)),
          new Case(
              Shape.of(1, 6, 6, 4), Shape.of(8, 3, 3, 1), ConvolutionParams.of(1, 1).withGroups(4)),
          new Case(
              Shape.of(2, 13, 11, 72),
              Shape.of(72, 5, 5, 1),
              ConvolutionParams.of(1, 2).withGroups(72)),
          new Case(
              Shape.of(3, 9, 14, 200),
              Shape.of(200, 5, 5, 1),
              ConvolutionParams.of(2, 2).withGroups(200)),
          new Case(
              Shape.of(1, 2, 3, 500),
              Shape.of(500, 5, 5, 1),
              ConvolutionParams.of(2, 2).withGroups(500)),
          new Case(
              Shape.of(2, 12, 9, 5),
              Shape.of(5, 4, 7, 1),
              new ConvolutionParams(3, 1, 0, 5, 1, 1, 5)),
          new Case(Shape.of(3, 1, 1, 5), Shape.of(8, 3, 3, 5), ConvolutionParams.of(1, 1)),
          new Case(Shape.of(1, 10, 10, 128), Shape.of(64, 3, 3, 128), ConvolutionParams.of(1, 1)));

  @BackendSource
  void sumsTheProductsUnderTheWindow(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 3, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9);
      Tensor filter = tensors.floats(Shape.of(1, 2, 2, 1), 1, 10, 100, -1000);
      Tensor bias = tensors.floats(Shape.of(1), 0.5f);
      Tensor out = tensors.poisoned(Shape.of(1, 2, 2, 1));
      backend.convolution().forward(x, filter, bias, Activation.NONE, DENSE, out);
      // Top left: 0.5 + 1 * 1 + 2 * 10 + 4 * 100 - 5 * 1000, the window then moved.
      assertThat(backend.floats(out)).containsExactly(-4578.5f, -5467.5f, -7245.5f, -8134.5f);
    }
  }

  @BackendSource
  void keepsImagesAndChannelsApart(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      // Two images of two pixels of two channels; the filters mix, then tell apart, the channels.
      Tensor x = tensors.floats(Shape.of(2, 1, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
      Tensor filter = tensors.floats(Shape.of(3, 1, 1, 2), 1, 1, 1, 0, 0, 1);
      Tensor out = tensors.poisoned(Shape.of(2, 1, 2, 3));
      backend.convolution().forward(x, filter, null, Activation.NONE, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(3, 1, 2, 7, 3, 4, 11, 5, 6, 15, 7, 8);
    }
  }

  @BackendSource
  void appliesTheActivationBehindTheBias(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 1, 5, 1), -8, -1, 0, 1, 8);
      Tensor filter = tensors.floats(Shape.of(1, 1, 1, 1), 1);
      Tensor bias = tensors.floats(Shape.of(1), 0.5f);
      Tensor out = tensors.poisoned(x.shape());
      ConvolutionKernels kernels = backend.convolution();
      kernels.forward(x, filter, bias, Activation.NONE, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(-7.5f, -0.5f, 0.5f, 1.5f, 8.5f);
      kernels.forward(x, filter, bias, Activation.RELU, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(0, 0, 0.5f, 1.5f, 8.5f);
      kernels.forward(x, filter, bias, Activation.RELU6, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(0, 0, 0.5f, 1.5f, 6);
    }
  }

  @BackendSource
  void normalisesByConstantStatisticsAndAddsTheResidual(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      // Two pixels of one channel; the filters give z = x and z = -x.
      Tensor x = tensors.floats(Shape.of(1, 1, 2, 1), 3, 5);
      Tensor filter = tensors.floats(Shape.of(2, 1, 1, 1), 1, -1);
      Shape channels = Shape.of(2);
      FixedNorm norm =
          new FixedNorm(
              tensors.floats(channels, 1, -1),
              tensors.floats(channels, 0.5f, 2),
              tensors.floats(channels, 3, 0.25f),
              tensors.floats(channels, 0.5f, 0));
      Tensor out = tensors.poisoned(Shape.of(1, 1, 2, 2));
      ConvolutionKernels kernels = backend.convolution();
      kernels.forwardNormalised(x, filter, norm, null, Activation.NONE, DENSE, out);
      // 3 (3 - 1) 0.5 + 0.5 and 0.25 (-3 + 1) 2, then the pixel of 5.
      assertThat(backend.floats(out)).containsExactly(3.5f, -1, 6.5f, -2);
      Tensor residual = tensors.floats(out.shape(), 1, 1.5f, -7, 1);
      kernels.forwardNormalised(x, filter, norm, residual, Activation.RELU, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(4.5f, 0.5f, 0, 0);
    }
  }

  @BackendSource
  void normalisesAsConvolutionAndBatchNormApart(Backend backend) {
    for (Case testCase : CASES) {
      for (Activation activation : Activation.values()) {
        for (boolean added : new boolean[] {true, false}) {
          try (TensorArena arena = backend.newArena()) {
            Tensors tensors = new Tensors(backend, arena);
            Tensor x = random(tensors, 1, testCase.x);
            Tensor filter = random(tensors, 2, testCase.filter);
            Shape shape = outShape(testCase);
            FixedNorm norm = randomNorm(tensors, Shape.of(shape.dim(3)));
            @Nullable Tensor residual = added ? random(tensors, 7, shape) : null;
            Tensor together = tensors.poisoned(shape);
            ConvolutionKernels kernels = backend.convolution();
            kernels.forwardNormalised(
                x, filter, norm, residual, activation, testCase.params, together);
            Tensor apart = tensors.poisoned(shape);
            kernels.forward(x, filter, null, Activation.NONE, testCase.params, apart);
            backend
                .batchNorm()
                .apply(
                    apart,
                    norm.mean(),
                    norm.invStd(),
                    norm.gamma(),
                    norm.beta(),
                    residual,
                    activation,
                    apart);
            expectEqual(testCase, backend.floats(together), backend.floats(apart));
          }
        }
      }
    }
  }

  private static FixedNorm randomNorm(Tensors tensors, Shape channels) {
    float[] invStd = Tensors.random(4, channels.size());
    for (int c = 0; c < invStd.length; c++) {
      invStd[c] = 0.5f + Math.abs(invStd[c]);
    }
    return new FixedNorm(
        random(tensors, 3, channels),
        tensors.floats(channels, invStd),
        random(tensors, 5, channels),
        random(tensors, 6, channels));
  }

  @BackendSource
  void gradientsFollowTheFormula(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 1, 3, 1), 2, 3, 5);
      Tensor filter = tensors.floats(Shape.of(1, 1, 2, 1), 10, 100);
      Tensor dOut = tensors.floats(Shape.of(1, 1, 2, 1), 1, 7);
      Tensor dx = tensors.floats(x.shape(), 0.5f, 0.5f, 0.5f);
      Tensor dFilter = tensors.floats(filter.shape(), 0.25f, 0.25f);
      ConvolutionKernels kernels = backend.convolution();
      kernels.backwardData(dOut, filter, DENSE, Gradient.add(dx));
      kernels.backwardFilter(x, dOut, DENSE, Gradient.add(dFilter));
      // dx = [1*10, 1*100 + 7*10, 7*100], dFilter = [1*2 + 7*3, 1*3 + 7*5], each on top of what
      // was.
      assertThat(backend.floats(dx)).containsExactly(10.5f, 170.5f, 700.5f);
      assertThat(backend.floats(dFilter)).containsExactly(23.25f, 38.25f);
    }
  }

  @BackendSource
  void agreesWithTheDirectLoops(Backend backend) {
    try (CpuBackend direct = CpuBackend.open(2, CpuConvolution.DIRECT)) {
      for (Case testCase : CASES) {
        for (Activation activation : Activation.values()) {
          for (boolean biased : new boolean[] {true, false}) {
            expectEqual(
                testCase,
                forward(backend, testCase, activation, biased),
                forward(direct, testCase, activation, biased));
          }
        }
        for (Accumulate accumulate : Accumulate.values()) {
          expectEqual(
              testCase,
              backwardData(backend, testCase, accumulate),
              backwardData(direct, testCase, accumulate));
          expectEqual(
              testCase,
              backwardFilter(backend, testCase, accumulate),
              backwardFilter(direct, testCase, accumulate));
        }
      }
    }
  }

  private static void expectEqual(Case testCase, float[] actual, float[] expected) {
    try {
      Tensors.assertClose(actual, expected, TOLERANCE);
    } catch (AssertionError e) {
      throw new AssertionError(testCase + ": " + e.getMessage(), e);
    }
  }

  private static float[] forward(
      Backend backend, Case testCase, Activation activation, boolean biased) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor out = tensors.poisoned(outShape(testCase));
      Shape channels = Shape.of(out.shape().dim(3));
      @Nullable Tensor bias = biased ? random(tensors, 3, channels) : null;
      backend
          .convolution()
          .forward(
              random(tensors, 1, testCase.x),
              random(tensors, 2, testCase.filter),
              bias,
              activation,
              testCase.params,
              out);
      return backend.floats(out);
    }
  }

  private static float[] backwardData(Backend backend, Case testCase, Accumulate accumulate) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor dOut = random(tensors, 4, outShape(testCase));
      Tensor filter = random(tensors, 2, testCase.filter);
      Gradient dx = gradient(tensors, testCase.x, accumulate);
      backend.convolution().backwardData(dOut, filter, testCase.params, dx);
      return backend.floats(dx.tensor());
    }
  }

  private static float[] backwardFilter(Backend backend, Case testCase, Accumulate accumulate) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor dOut = random(tensors, 4, outShape(testCase));
      Tensor x = random(tensors, 1, testCase.x);
      Gradient dFilter = gradient(tensors, testCase.filter, accumulate);
      backend.convolution().backwardFilter(x, dOut, testCase.params, dFilter);
      return backend.floats(dFilter.tensor());
    }
  }

  /** NaN to be overwritten, or numbers to be added to. */
  private static Gradient gradient(Tensors tensors, Shape shape, Accumulate accumulate) {
    return switch (accumulate) {
      case OVERWRITE -> Gradient.overwrite(tensors.poisoned(shape));
      case ADD -> Gradient.add(random(tensors, 5, shape));
    };
  }

  private static Shape outShape(Case testCase) {
    return testCase.params.outputShape(testCase.x, testCase.filter);
  }

  private static Tensor random(Tensors tensors, long seed, Shape shape) {
    return tensors.floats(shape, Tensors.random(seed, shape.size()));
  }

  @BackendSource
  void followsAFilterThatChanges(Backend backend) {
    Case testCase =
        new Case(Shape.of(1, 6, 6, 16), Shape.of(16, 3, 3, 16), ConvolutionParams.of(1, 1));
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = random(tensors, 1, testCase.x);
      Tensor filter = random(tensors, 2, testCase.filter);
      Tensor out = tensors.poisoned(outShape(testCase));
      float[] before = run(backend, testCase, x, filter, out);
      float[] negated = Tensors.random(2, testCase.filter.size());
      for (int i = 0; i < negated.length; i++) {
        negated[i] = -negated[i];
      }
      backend.upload(negated, filter);
      float[] after = run(backend, testCase, x, filter, out);
      for (int i = 0; i < before.length; i++) {
        before[i] = -before[i];
      }
      Tensors.assertClose(after, before, TOLERANCE);
    }
  }

  /** A later tensor at the address of one that is gone must not get that one's copy. */
  @BackendSource
  void tellsFiltersApartThatShareAnAddressOneAfterTheOther(Backend backend) {
    Case testCase =
        new Case(Shape.of(1, 4, 4, 16), Shape.of(16, 3, 3, 16), ConvolutionParams.of(1, 1));
    float[] first = forwardOf(backend, testCase, 2);
    for (int seed = 10; seed < 30; seed++) {
      assertThat(forwardOf(backend, testCase, seed)).isNotEqualTo(first);
      assertThat(forwardOf(backend, testCase, 2)).isEqualTo(first);
    }
  }

  private static float[] forwardOf(Backend backend, Case testCase, long filterSeed) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = random(tensors, 1, testCase.x);
      Tensor filter = random(tensors, filterSeed, testCase.filter);
      return run(backend, testCase, x, filter, tensors.poisoned(outShape(testCase)));
    }
  }

  @BackendSource
  void usesOneFilterForInputsOfSeveralSizes(Backend backend) {
    Shape taps = Shape.of(24, 3, 3, 16);
    ConvolutionParams params = ConvolutionParams.of(1, 1);
    try (TensorArena arena = backend.newArena();
        CpuBackend direct = CpuBackend.open(1, CpuConvolution.DIRECT)) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor filter = random(tensors, 2, taps);
      for (int size : new int[] {19, 3, 10, 1, 19}) {
        Case testCase = new Case(Shape.of(2, size, size + 1, 16), taps, params);
        Tensor x = random(tensors, 1, testCase.x);
        float[] actual = run(backend, testCase, x, filter, tensors.poisoned(outShape(testCase)));
        expectEqual(testCase, actual, forward(direct, testCase, Activation.NONE, false));
      }
    }
  }

  private static float[] run(Backend backend, Case testCase, Tensor x, Tensor filter, Tensor out) {
    backend.convolution().forward(x, filter, null, Activation.NONE, testCase.params, out);
    return backend.floats(out);
  }

  @BackendSource
  void computesTheSameBitsEveryTime(Backend backend) {
    Case testCase =
        new Case(Shape.of(3, 19, 19, 32), Shape.of(48, 3, 3, 32), ConvolutionParams.of(1, 1));
    float[] first = backwardFilter(backend, testCase, Accumulate.OVERWRITE);
    for (int i = 0; i < 5; i++) {
      assertThat(backwardFilter(backend, testCase, Accumulate.OVERWRITE)).isEqualTo(first);
    }
  }

  @BackendSource
  void mayChangeHandsBetweenThreads(Backend backend) throws InterruptedException {
    Case testCase =
        new Case(Shape.of(2, 9, 9, 16), Shape.of(16, 3, 3, 16), ConvolutionParams.of(1, 1));
    float[] here = backwardFilter(backend, testCase, Accumulate.ADD);
    AtomicReference<float[]> there = new AtomicReference<>(new float[0]);
    Thread other =
        new Thread(() -> there.set(backwardFilter(backend, testCase, Accumulate.ADD)), "other");
    other.start();
    other.join();
    assertThat(there.get()).isEqualTo(here);
  }

  @BackendSource
  void takesAnEmptyBatch(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(0, 4, 4, 2));
      Tensor out = tensors.floats(Shape.of(0, 4, 4, 3));
      Tensor filter = random(tensors, 1, Shape.of(3, 3, 3, 2));
      ConvolutionParams params = ConvolutionParams.of(1, 1);
      ConvolutionKernels kernels = backend.convolution();
      kernels.forward(x, filter, null, Activation.RELU, params, out);
      kernels.backwardData(out, filter, params, Gradient.overwrite(x));

      Tensor replaced = tensors.poisoned(filter.shape());
      kernels.backwardFilter(x, out, params, Gradient.overwrite(replaced));
      assertThat(backend.floats(replaced)).containsOnly(0);
      Tensor kept = random(tensors, 1, filter.shape());
      kernels.backwardFilter(x, out, params, Gradient.add(kept));
      assertThat(backend.floats(kept)).isEqualTo(backend.floats(filter));
    }
  }

  @BackendSource
  void isTheBiasAloneWithoutChannels(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.floats(Shape.of(1, 1, 2, 0));
      Tensor filter = tensors.floats(Shape.of(2, 1, 1, 0));
      Tensor bias = tensors.floats(Shape.of(2), 3, -4);
      Tensor out = tensors.poisoned(Shape.of(1, 1, 2, 2));
      backend.convolution().forward(x, filter, bias, Activation.RELU, DENSE, out);
      assertThat(backend.floats(out)).containsExactly(3, 0, 3, 0);
    }
  }

  @BackendSource
  void marksWhatItWrites(Backend backend) {
    Case testCase = new Case(Shape.of(1, 3, 3, 2), Shape.of(2, 3, 3, 2), DENSE);
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor out = tensors.poisoned(outShape(testCase));
      long before = out.version();
      run(
          backend,
          testCase,
          random(tensors, 1, testCase.x),
          random(tensors, 2, testCase.filter),
          out);
      assertThat(out.version()).isNotEqualTo(before);
    }
  }

  @BackendSource
  void refusesWhatDoesNotFit(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor x = tensors.zeros(Shape.of(1, 4, 4, 2), DType.F32);
      Tensor filter = tensors.zeros(Shape.of(3, 3, 3, 2), DType.F32);
      Tensor out = tensors.zeros(Shape.of(1, 2, 2, 3), DType.F32);
      ConvolutionKernels kernels = backend.convolution();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.forward(x, filter, null, Activation.NONE, DENSE, x))
          .withMessage("convolutionForward: out was [1, 4, 4, 2], wanted [1, 2, 2, 3]");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.backwardData(out, filter, DENSE.withGroups(2), Gradient.add(x)))
          .withMessageContaining("filter was [3, 3, 3, 2] with 2 groups, does not go with x");
      Tensor wrongBias = tensors.zeros(Shape.of(2), DType.F32);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.forward(x, filter, wrongBias, Activation.NONE, DENSE, out))
          .withMessage("convolutionForward: bias was [2], wanted [3]");
      Tensor three = tensors.zeros(Shape.of(3), DType.F32);
      FixedNorm wrongNorm = new FixedNorm(three, three, wrongBias, three);
      assertThatIllegalArgumentException()
          .isThrownBy(() ->
              kernels.forwardNormalised(x, filter, wrongNorm, null, Activation.NONE, DENSE, out))
          .withMessage("convolutionForwardNormalised: gamma was [2], wanted [3]");
      FixedNorm norm = new FixedNorm(three, three, three, three);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> kernels.forwardNormalised(x, filter, norm, x, Activation.NONE, DENSE, out))
          .withMessageContaining("shapes were [1, 2, 2, 3] and [1, 4, 4, 2]");
      Tensor large = tensors.zeros(Shape.of(3, 5, 5, 2), DType.F32);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.forward(x, large, null, Activation.NONE, DENSE, out))
          .withMessageContaining("is larger than x [1, 4, 4, 2]");
    }
  }
}
