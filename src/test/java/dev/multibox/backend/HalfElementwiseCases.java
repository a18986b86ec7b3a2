package dev.multibox.backend;

import static dev.multibox.backend.CaseShapes.IMAGES;
import static dev.multibox.backend.CaseShapes.ROWS;
import static dev.multibox.backend.CaseShapes.ROWS_OF_MASKS;
import static dev.multibox.backend.CaseShapes.perImage;
import static dev.multibox.backend.HalfRun.channels;

import dev.multibox.tensor.Shape;

/** The elementwise part of {@link HalfCases}. */
final class HalfElementwiseCases {
  private HalfElementwiseCases() {}

  static void addTo(OpCases cases) {
    pointwise(cases);
    biases(cases);
    masks(cases);
    betweenChannels(cases);
  }

  private static void pointwise(OpCases cases) {
    cases.add(
        "ElementwiseKernels.fill",
        ROWS,
        (run, shape) -> run.backend().elementwise().fill(run.out(shape), 0.1f));
    cases.add(
        "ElementwiseKernels.add",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .add(run.any(1, shape), run.any(2, shape), run.activation(), run.out(shape)));
    cases.add(
        "ElementwiseKernels.accumulate",
        ROWS,
        (run, shape) -> {
          run.backend().elementwise().accumulate(run.any(1, shape), run.gradient(shape));
          run.backend().elementwise().accumulate(run.any(1, shape), run.floatsGradient(shape));
        });
    cases.add(
        "ElementwiseKernels.activation",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .activation(run.any(1, shape), run.activation(), run.out(shape)));
    cases.add(
        "ElementwiseKernels.activationBackward",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .activationBackward(
                    run.any(1, shape), run.activation(), run.any(2, shape), run.gradient(shape)));
    cases.add(
        "ElementwiseKernels.sum",
        ROWS,
        (run, shape) ->
            run.backend().elementwise().sum(run.random(1, shape), run.floatsOut(Shape.of(1))));
  }

  private static void biases(OpCases cases) {
    cases.add(
        "ElementwiseKernels.bias",
        ROWS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .bias(
                    run.any(1, shape), run.perChannel(2, shape), run.activation(), run.out(shape)));
    cases.add(
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
  }

  private static void masks(OpCases cases) {
    cases.add(
        "ElementwiseKernels.maskedActivation",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedActivation(
                    run.random(1, shape),
                    run.maskedActivation(),
                    run.out(shape),
                    run.maskOut(shape)));
    cases.add(
        "ElementwiseKernels.maskedActivationBackward",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedActivationBackward(run.mask(shape), run.any(2, shape), run.gradient(shape)));
    cases.add(
        "ElementwiseKernels.maskedBias",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedBias(
                    run.random(1, shape),
                    run.perChannel(2, shape),
                    run.maskedActivation(),
                    run.out(shape),
                    run.maskOut(shape)));
    cases.add(
        "ElementwiseKernels.maskedBiasBackward",
        ROWS_OF_MASKS,
        (run, shape) ->
            run.backend()
                .elementwise()
                .maskedBiasBackward(
                    run.mask(shape),
                    run.random(2, shape),
                    run.out(shape),
                    run.floatsGradient(channels(shape))));
  }

  private static void betweenChannels(OpCases cases) {
    cases.add(
        "ElementwiseKernels.scaleChannels",
        IMAGES,
        (run, shape) ->
            run.backend()
                .elementwise()
                .scaleChannels(run.any(1, shape), run.random(2, perImage(shape)), run.out(shape)));
    cases.add(
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
    cases.add(
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
    cases.add(
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
  }
}
