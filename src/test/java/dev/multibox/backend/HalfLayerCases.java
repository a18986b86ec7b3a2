package dev.multibox.backend;

import static dev.multibox.backend.CaseShapes.IMAGES;
import static dev.multibox.backend.CaseShapes.ROWS;
import static dev.multibox.backend.CaseShapes.ROWS_OF_MASKS;
import static dev.multibox.backend.CaseShapes.SOME_ROWS;
import static dev.multibox.backend.CaseShapes.WIDER_ROWS;
import static dev.multibox.backend.CaseShapes.perImage;
import static dev.multibox.backend.HalfRun.channels;

import dev.multibox.backend.BatchNormKernels.Statistics;
import dev.multibox.backend.L2NormKernels.Guard;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/** The part of {@link HalfCases} that layers are made of. */
final class HalfLayerCases {
  private static final ConvolutionParams CONVOLUTION = new ConvolutionParams(2, 1, 1, 1, 1, 1, 2);
  private static final PoolingParams POOLING = PoolingParams.of(3, 2, 1).withCeilMode();

  private HalfLayerCases() {}

  static void addTo(OpCases cases) {
    convolution(cases);
    pooling(cases);
    batchNorm(cases);
    maskedBatchNorm(cases);
    l2Norm(cases);
  }

  private static Shape filter(Shape x) {
    return Shape.of(6, 3, 3, x.dim(3) / CONVOLUTION.groups());
  }

  private static Shape convolved(Shape x) {
    return CONVOLUTION.outputShape(x, filter(x));
  }

  private static void convolution(OpCases cases) {
    cases.add(
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
    cases.add(
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
    cases.add(
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
    cases.add(
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

  private static void pooling(OpCases cases) {
    cases.add(
        "PoolingKernels.maxPool",
        IMAGES,
        (run, shape) -> {
          Shape pooled = POOLING.outputShape(shape);
          run.backend()
              .pooling()
              .maxPool(run.any(1, shape), POOLING, run.out(pooled), run.out(pooled, DType.U8));
        });
    cases.add(
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
    cases.add(
        "PoolingKernels.globalAverage",
        IMAGES,
        (run, shape) ->
            run.backend().pooling().globalAverage(run.random(1, shape), run.out(perImage(shape))));
    cases.add(
        "PoolingKernels.globalAverageBackward",
        IMAGES,
        (run, shape) ->
            run.backend()
                .pooling()
                .globalAverageBackward(run.any(1, perImage(shape)), run.gradient(shape)));
  }

  private static void batchNorm(OpCases cases) {
    cases.add(
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
    cases.add(
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
    cases.add(
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
    cases.add(
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

  private static void maskedBatchNorm(OpCases cases) {
    cases.add(
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
                    run.maskedActivation(),
                    run.out(shape),
                    run.maskOut(shape)));
    cases.add(
        "BatchNormKernels.maskedBackwardReduce",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .batchNorm()
                .maskedBackwardReduce(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.perChannel(3, shape),
                    run.mask(shape),
                    run.random(5, shape),
                    run.out(shape),
                    run.floatsOut(Shape.of(2, shape.dim(-1)))));
  }

  private static void l2Norm(OpCases cases) {
    cases.add(
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
    cases.add(
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
}
