package dev.multibox.backend;

import static dev.multibox.backend.HalfRun.channels;

import dev.multibox.Tensors;
import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** A call of every op that takes F16, by family and method, with the shapes to try. */
final class HalfCases {
  /** Calls an op on a main input of this shape. */
  @FunctionalInterface
  interface Body {
    void run(HalfRun run, Shape shape);
  }

  /** A call, and the shapes of its main input to try it on. */
  record Case(List<Shape> shapes, Body body) {}

  /** Rows by channels, beside the sizes of vectors, tiles and chunks. */
  private static final List<Shape> ROWS =
      List.of(
          Shape.of(0, 3),
          Shape.of(1, 1),
          Shape.of(31, 1),
          Shape.of(33, 3),
          Shape.of(255, 1),
          Shape.of(257, 5),
          Shape.of(7, 2049),
          Shape.of(70_001, 1));

  /** For ops that give each row a warp: as many elements at most, in fewer rows. */
  private static final List<Shape> WIDER_ROWS =
      Stream.concat(ROWS.stream().limit(ROWS.size() - 1L), Stream.of(Shape.of(3043, 23))).toList();

  /** All but the longest, of which a mask has as many bytes as elements. */
  private static final List<Shape> ROWS_OF_MASKS = ROWS.subList(0, ROWS.size() - 1);

  private static final List<Shape> SOME_ROWS = ROWS.subList(1, ROWS.size());

  private static final List<Shape> IMAGES =
      List.of(
          Shape.of(0, 9, 7, 4), Shape.of(1, 1, 1, 2), Shape.of(2, 9, 7, 4), Shape.of(1, 31, 33, 6));

  private static final ConvolutionParams CONVOLUTION = new ConvolutionParams(2, 1, 1, 1, 1, 1, 2);
  private static final PoolingParams POOLING = PoolingParams.of(3, 2, 1).withCeilMode();

  private static final int CLASSES = 5;

  /** Two levels, padded to a multiple of eight channels. */
  private static final List<HeadLayout> LAYOUTS =
      List.of(new HeadLayout(3, 5, 4, CLASSES, 40, 0), new HeadLayout(1, 1, 2, CLASSES, 24, 60));

  private static final int PRIORS = 62;

  private static final List<Shape> BATCHES = List.of(Shape.of(3), Shape.of(1));

  private final Map<String, Case> cases = new LinkedHashMap<>();

  private HalfCases() {
    elementwise();
    convolution();
    pooling();
    batchNorm();
    l2Norm();
    loss();
    heads();
    optimizer();
    convertAndImage();
  }

  /** The cases by the op's family and method. */
  static Map<String, Case> all() {
    return new HalfCases().cases;
  }

  private void add(String op, List<Shape> shapes, Body body) {
    cases.put(op, new Case(shapes, body));
  }

  private void elementwise() {
    add(
        "ElementwiseKernels.fill",
        ROWS,
        (run, shape) -> run.backend().elementwise().fill(run.out(shape), 0.1f));
    add(
        "ElementwiseKernels.add",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .add(run.any(1, shape), run.any(2, shape), run.activation(), run.out(shape)));
    add(
        "ElementwiseKernels.accumulate",
        ROWS,
        (run, shape) -> {
          run.backend().elementwise().accumulate(run.any(1, shape), run.gradient(shape));
          run.backend().elementwise().accumulate(run.any(1, shape), run.floatsGradient(shape));
        });
    add(
        "ElementwiseKernels.activation",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .activation(run.any(1, shape), run.activation(), run.out(shape)));
    add(
        "ElementwiseKernels.activationBackward",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .activationBackward(
                    run.any(1, shape), run.activation(), run.any(2, shape), run.gradient(shape)));
    add(
        "ElementwiseKernels.bias",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .bias(
                    run.any(1, shape), run.perChannel(2, shape), run.activation(), run.out(shape)));
    add(
        "ElementwiseKernels.biasBackward",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .biasBackward(
                    run.any(1, shape),
                    run.activation(),
                    run.random(2, shape),
                    run.activation() == Activation.NONE ? null : run.out(shape),
                    run.floatsGradient(channels(shape))));
    add(
        "ElementwiseKernels.maskedActivation",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedActivation(
                    run.random(1, shape), bounded(run), run.out(shape), maskOut(run, shape)));
    add(
        "ElementwiseKernels.maskedActivationBackward",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedActivationBackward(
                    mask(run, shape), run.any(2, shape), run.gradient(shape)));
    add(
        "ElementwiseKernels.maskedBias",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedBias(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    bounded(run),
                    run.out(shape),
                    maskOut(run, shape)));
    add(
        "ElementwiseKernels.maskedBiasBackward",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedBiasBackward(
                    mask(run, shape),
                    run.random(2, shape),
                    run.out(shape),
                    run.floatsGradient(channels(shape))));
    add(
        "ElementwiseKernels.scaleChannels",
        IMAGES,
        (run, shape) ->
            run.backend()
                .elementwise()
                .scaleChannels(run.any(1, shape), run.random(2, perImage(shape)), run.out(shape)));
    add(
        "ElementwiseKernels.scaleChannelsBackward",
        IMAGES,
        (run, shape) ->
            run.backend()
                .elementwise()
                .scaleChannelsBackward(
                    run.random(1, shape),
                    run.random(2, perImage(shape)),
                    run.random(3, shape),
                    run.gradient(shape),
                    run.gradient(perImage(shape))));
    add(
        "ElementwiseKernels.joinChannels",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .joinChannels(
                    run.any(1, shape),
                    shape.dim(-1),
                    run.any(2, shape),
                    1,
                    run.out(Shape.of(shape.dim(0), shape.dim(-1) + 3))));
    add(
        "ElementwiseKernels.joinChannelsBackward",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .joinChannelsBackward(
                    run.any(1, Shape.of(shape.dim(0), shape.dim(-1) + 3)),
                    run.gradient(shape),
                    shape.dim(-1),
                    run.gradient(shape),
                    1));
    add(
        "ElementwiseKernels.sum",
        ROWS,
        (run, shape) ->
            run.backend().elementwise().sum(run.random(1, shape), run.floatsOut(Shape.of(1))));
  }

  /** An activation that has a mask. */
  private static Activation bounded(HalfRun run) {
    return run.activation().hasMask() ? run.activation() : Activation.RELU;
  }

  private static Tensor maskOut(HalfRun run, Shape x) {
    return run.out(ActivationMask.shape(x), DType.U8);
  }

  /** Bits by chance, those behind the last channel too. */
  private static Tensor mask(HalfRun run, Shape x) {
    Shape shape = ActivationMask.shape(x);
    byte[] bits = new byte[(int) shape.size()];
    new SplittableRandom(1).nextBytes(bits);
    Tensor mask = run.tensors().allocate(shape, DType.U8);
    run.backend().upload(MemorySegment.ofArray(bits), mask);
    return mask;
  }

  private static Shape perImage(Shape x) {
    return Shape.of(x.dim(0), 1, 1, x.dim(3));
  }

  private static Shape filter(Shape x) {
    return Shape.of(6, 3, 3, x.dim(3) / CONVOLUTION.groups());
  }

  private static Shape convolved(Shape x) {
    return CONVOLUTION.outputShape(x, filter(x));
  }

  private void convolution() {
    add(
        "ConvolutionKernels.forward",
        IMAGES,
        (run, shape) ->
            run.backend()
                .convolution()
                .forward(
                    run.random(1, shape),
                    run.random(2, filter(shape)),
                    run.activation() == Activation.NONE ? null : run.perChannel(3, Shape.of(6)),
                    run.activation(),
                    CONVOLUTION,
                    run.out(convolved(shape))));
    add(
        "ConvolutionKernels.forwardNormalised",
        IMAGES,
        (run, shape) -> {
          Shape channels = Shape.of(6);
          FixedNorm norm =
              new FixedNorm(
                  run.perChannel(3, channels),
                  run.perChannel(4, channels),
                  run.perChannel(5, channels),
                  run.perChannel(6, channels));
          Shape out = convolved(shape);
          run.backend()
              .convolution()
              .forwardNormalised(
                  run.random(1, shape),
                  run.random(2, filter(shape)),
                  norm,
                  run.activation() == Activation.NONE ? null : run.random(7, out),
                  run.activation(),
                  CONVOLUTION,
                  run.out(out));
        });
    add(
        "ConvolutionKernels.backwardData",
        IMAGES,
        (run, shape) ->
            run.backend()
                .convolution()
                .backwardData(
                    run.random(1, convolved(shape)),
                    run.random(2, filter(shape)),
                    CONVOLUTION,
                    run.gradient(shape)));
    add(
        "ConvolutionKernels.backwardFilter",
        IMAGES,
        (run, shape) ->
            run.backend()
                .convolution()
                .backwardFilter(
                    run.random(1, shape),
                    run.random(2, convolved(shape)),
                    CONVOLUTION,
                    run.gradient(filter(shape))));
  }

  private void pooling() {
    add(
        "PoolingKernels.maxPool",
        IMAGES,
        (run, shape) -> {
          Shape pooled = POOLING.outputShape(shape);
          run.backend()
              .pooling()
              .maxPool(run.any(1, shape), POOLING, run.out(pooled), run.out(pooled, DType.U8));
        });
    add(
        "PoolingKernels.maxPoolBackward",
        IMAGES,
        (run, shape) -> {
          Shape pooled = POOLING.outputShape(shape);
          Tensor x = run.random(1, shape);
          Tensor argMax = run.tensors().zeros(pooled, DType.U8);
          run.backend().pooling().maxPool(x, POOLING, run.out(pooled), argMax);
          run.backend()
              .pooling()
              .maxPoolBackward(argMax, run.random(2, pooled), POOLING, run.gradient(shape));
        });
    add(
        "PoolingKernels.globalAverage",
        IMAGES,
        (run, shape) ->
            run.backend().pooling().globalAverage(run.random(1, shape), run.out(perImage(shape))));
    add(
        "PoolingKernels.globalAverageBackward",
        IMAGES,
        (run, shape) ->
            run.backend()
                .pooling()
                .globalAverageBackward(run.any(1, perImage(shape)), run.gradient(shape)));
  }

  private void batchNorm() {
    add(
        "BatchNormKernels.statistics",
        SOME_ROWS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .statistics(
                    run.random(1, shape),
                    1e-5f,
                    run.floatsOut(channels(shape)),
                    run.floatsOut(channels(shape))));
    add(
        "BatchNormKernels.apply",
        ROWS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .apply(
                    run.any(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    run.perChannel(4, shape),
                    run.perChannel(5, shape),
                    run.activation() == Activation.NONE ? null : run.any(6, shape),
                    run.activation(),
                    run.out(shape)));
    add(
        "BatchNormKernels.backwardReduce",
        ROWS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .backwardReduce(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    run.any(4, shape),
                    run.activation(),
                    run.random(5, shape),
                    run.out(shape),
                    run.floatsOut(Shape.of(2, shape.dim(-1)))));
    add(
        "BatchNormKernels.maskedApply",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .maskedApply(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    run.perChannel(4, shape),
                    run.perChannel(5, shape),
                    run.activation() == Activation.NONE ? null : run.random(6, shape),
                    bounded(run),
                    run.out(shape),
                    maskOut(run, shape)));
    add(
        "BatchNormKernels.maskedBackwardReduce",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .maskedBackwardReduce(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    mask(run, shape),
                    run.random(5, shape),
                    run.out(shape),
                    run.floatsOut(Shape.of(2, shape.dim(-1)))));
    add(
        "BatchNormKernels.backwardData",
        ROWS,
        (run, shape) -> {
          for (Statistics statistics : Statistics.values()) {
            run.backend()
                .batchNorm()
                .backwardData(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    run.perChannel(4, shape),
                    run.any(5, shape),
                    run.floats(6, Shape.of(2, shape.dim(-1))),
                    statistics,
                    run.gradient(shape));
          }
        });
  }

  private void l2Norm() {
    add(
        "L2NormKernels.forward",
        WIDER_ROWS,
        (run, shape) ->
            run.backend()
                .l2Norm()
                .forward(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    Guard.ADD_TO_SQUARES,
                    1e-10f,
                    run.floatsOut(Shape.of(shape.rows())),
                    run.out(shape)));
    add(
        "L2NormKernels.backward",
        WIDER_ROWS,
        (run, shape) -> {
          Tensor x = run.random(1, shape);
          Tensor scale = run.perChannel(2, shape);
          Tensor norm = run.floatsOut(Shape.of(shape.rows()));
          run.backend().l2Norm().forward(x, scale, Guard.LARGER_OF, 1e-12f, norm, run.out(shape));
          run.backend()
              .l2Norm()
              .backward(
                  x,
                  scale,
                  Guard.LARGER_OF,
                  1e-12f,
                  norm,
                  run.random(3, shape),
                  run.gradient(shape),
                  run.floatsGradient(channels(shape)));
        });
  }

  /** The last class of every row. */
  private static Tensor targets(HalfRun run, Shape x) {
    int[] targets = new int[x.intDim(0)];
    java.util.Arrays.fill(targets, x.intDim(1) - 1);
    return run.tensors().ints(Shape.of(targets.length), targets);
  }

  private void loss() {
    add(
        "LossKernels.softmax",
        ROWS,
        (run, shape) -> run.backend().loss().softmax(run.any(1, shape), run.floatsOut(shape)));
    add(
        "LossKernels.crossEntropy",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .crossEntropy(
                    run.any(1, shape), targets(run, shape), run.floatsOut(Shape.of(shape.dim(0)))));
    add(
        "LossKernels.crossEntropyBackward",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .crossEntropyBackward(
                    run.random(1, shape),
                    targets(run, shape),
                    run.floats(2, Shape.of(shape.dim(0))),
                    run.gradient(shape)));
    add(
        "LossKernels.smoothL1",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .smoothL1(run.any(1, shape), run.floats(2, shape), 0.5f, run.floatsOut(shape)));
    add(
        "LossKernels.smoothL1Backward",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .smoothL1Backward(
                    run.any(1, shape),
                    run.floats(2, shape),
                    0.5f,
                    run.floats(3, shape),
                    run.gradient(shape)));
  }

  private static Shape level(HeadLayout layout, Shape batch) {
    return Shape.of(batch.dim(0), layout.height(), layout.width(), layout.channels());
  }

  private static HeadOutputs heads(HalfRun run, Shape batch) {
    return new HeadOutputs(
        LAYOUTS.stream()
            .map(layout -> run.random(layout.firstPrior(), level(layout, batch)))
            .toList(),
        LAYOUTS);
  }

  /** Every ninth prior positive. */
  private static Tensor classTargets(HalfRun run, Shape batch) {
    int[] targets = new int[batch.intDim(0) * PRIORS];
    for (int i = 0; i < targets.length; i += 9) {
      targets[i] = 1 + i % (CLASSES - 1);
    }
    return run.tensors().ints(Shape.of(batch.dim(0), PRIORS), targets);
  }

  private void heads() {
    add(
        "LossKernels.multibox",
        BATCHES,
        (run, batch) -> {
          Shape perPrior = Shape.of(batch.dim(0), PRIORS);
          run.backend()
              .loss()
              .multibox(
                  heads(run, batch),
                  classTargets(run, batch),
                  run.floats(3, Shape.of(batch.dim(0), PRIORS, 4)),
                  LossParams.caffe(),
                  run.floatsOut(perPrior),
                  run.out(perPrior, DType.U8),
                  run.floatsOut(batch),
                  run.floatsOut(Shape.of(3)));
        });
    add(
        "LossKernels.multiboxBackward",
        BATCHES,
        (run, batch) -> {
          HeadOutputs heads = heads(run, batch);
          Tensor classTargets = classTargets(run, batch);
          Tensor offsetTargets = run.floats(3, Shape.of(batch.dim(0), PRIORS, 4));
          Tensor selected = run.out(classTargets.shape(), DType.U8);
          Tensor weights = run.floatsOut(batch);
          run.backend()
              .loss()
              .multibox(
                  heads,
                  classTargets,
                  offsetTargets,
                  LossParams.caffe(),
                  run.floatsOut(classTargets.shape()),
                  selected,
                  weights,
                  run.floatsOut(Shape.of(3)));
          run.backend()
              .loss()
              .multiboxBackward(
                  heads,
                  classTargets,
                  offsetTargets,
                  LossParams.caffe(),
                  selected,
                  weights,
                  run.tensors().floats(Shape.of(1), 1024),
                  LAYOUTS.stream().map(layout -> run.gradient(level(layout, batch))).toList());
        });
    add(
        "NmsKernels.detect",
        BATCHES,
        (run, batch) -> {
          NmsParams params = nmsParams(run);
          Shape scores = Shape.of(batch.dim(0), params.capacity(CLASSES));
          run.backend()
              .nms()
              .detect(
                  heads(run, batch),
                  priors(run),
                  BoxCoding.ssd(),
                  params,
                  1,
                  1,
                  new Detections(
                      run.floatsOut(Shape.of(scores.dim(0), scores.dim(1), 4)),
                      run.floatsOut(scores),
                      run.out(scores, DType.I32),
                      run.out(batch, DType.I32)));
        });
  }

  /** torchvision's, with one of the activations also a limit on each level's candidates. */
  private static NmsParams nmsParams(HalfRun run) {
    NmsParams params = NmsParams.torchvision();
    return new NmsParams(
        params.scores(),
        params.choice(),
        params.scoreThreshold(),
        run.activation() == Activation.RELU ? 20 : 0,
        params.candidatesPerClass(),
        params.iouThreshold(),
        params.overlap(),
        params.topK(),
        params.scope(),
        params.clip());
  }

  /** Priors a fifth of the image wide, somewhere on it. */
  private static Priors priors(HalfRun run) {
    SplittableRandom random = new SplittableRandom(1);
    float[] corners = new float[4 * PRIORS];
    float[] centres = new float[4 * PRIORS];
    for (int i = 0; i < corners.length; i += 4) {
      for (int axis = 0; axis < 2; axis++) {
        centres[i + axis] = random.nextFloat();
        centres[i + axis + 2] = 0.2f;
        corners[i + axis] = centres[i + axis] - 0.1f;
        corners[i + axis + 2] = centres[i + axis] + 0.1f;
      }
    }
    Shape shape = Shape.of(PRIORS, 4);
    return new Priors(run.tensors().floats(shape, corners), run.tensors().floats(shape, centres));
  }

  private void optimizer() {
    add(
        "OptimizerKernels.checkFinite",
        ROWS,
        (run, shape) -> {
          Shape flag = Shape.of(1);
          run.backend().optimizer().checkFinite(run.random(1, shape), run.out(flag, DType.I32));
          run.backend().optimizer().checkFinite(run.any(1, shape), run.out(flag, DType.I32));
        });
    add(
        "OptimizerKernels.sgd",
        ROWS,
        (run, shape) -> {
          Tensor copies =
              run.result(run.tensors().of(DType.F16, shape, Tensors.random(1, shape.size())));
          run.backend()
              .optimizer()
              .sgd(
                  run.result(run.floats(1, shape)),
                  run.result(run.floats(2, shape)),
                  run.random(3, shape),
                  copies,
                  run.tensors().floats(Shape.of(8), 0.1f, 0.9f, 5e-4f, 7, 1, 0, 0, 0),
                  run.tensors().floats(Shape.of(1), 1024),
                  SgdParams.of(true),
                  run.tensors().ints(Shape.of(1), 0));
        });
  }

  /** 0, 1, ... 99, 0, ... in I32 or U8. */
  private static Tensor counted(HalfRun run, Shape shape, DType type) {
    byte[] bytes = new byte[(int) shape.size()];
    int[] ints = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i % 100);
      ints[i] = i % 100;
    }
    Tensor counted = run.tensors().allocate(shape, type);
    run.backend()
        .upload(
            type == DType.U8 ? MemorySegment.ofArray(bytes) : MemorySegment.ofArray(ints), counted);
    return counted;
  }

  private void convertAndImage() {
    add(
        "ConvertKernels.convert",
        ROWS,
        (run, shape) -> {
          run.backend().convert().convert(run.any(1, shape), run.floatsOut(shape));
          run.backend().convert().convert(run.floats(2, shape), run.out(shape));
          run.backend().convert().convert(run.any(3, shape), run.out(shape));
          run.backend().convert().convert(counted(run, shape, DType.I32), run.out(shape));
          run.backend().convert().convert(counted(run, shape, DType.U8), run.out(shape));
        });
    add(
        "ImageKernels.prepare",
        List.of(Shape.of(1, 33, 31, 8), Shape.of(1, 17, 19, 3)),
        (run, shape) -> {
          byte[] rgb = new byte[20 * 30 * 3];
          new SplittableRandom(1).nextBytes(rgb);
          Tensor image = run.tensors().allocate(Shape.of(20, 30, 3), DType.U8);
          run.backend().upload(MemorySegment.ofArray(rgb), image);
          run.backend()
              .image()
              .prepare(
                  Collections.nCopies(shape.intDim(0), image),
                  Collections.nCopies(
                      shape.intDim(0), ImagePlan.whole(30, 20, ImagePlan.Resize.BICUBIC)),
                  Normalisation.caffe(),
                  run.out(shape));
        });
  }
}
