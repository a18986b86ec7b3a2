package dev.multibox.backend;

import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * A call of every op whose tensors are F32 or integers alone, as {@link HalfCases} has the rest.
 */
final class FullCases {
  /** Numbers of boxes; the other shapes are made of them. */
  private static final List<Shape> BOXES = List.of(Shape.of(1), Shape.of(33), Shape.of(300));

  private static final int IMAGES = 2;
  private static final int TRUTHS = 3;

  private FullCases() {}

  /** The cases by the op's family and method. */
  static Map<String, OpCases.Case> all() {
    OpCases cases = new OpCases();
    batchNorm(cases);
    boxes(cases);
    others(cases);
    return cases.all();
  }

  private static void others(OpCases cases) {
    cases.add(
        "NmsKernels.nms",
        BOXES,
        (run, count) ->
            run.backend()
                .nms()
                .nms(
                    boxes(run, 1, count),
                    run.floats(2, count),
                    0.3f,
                    NmsParams.torchvision().overlap(),
                    run.out(count, DType.I32),
                    run.out(Shape.of(1), DType.I32)));
    cases.add(
        "ImageKernels.resizeBilinear",
        BOXES,
        (run, count) ->
            run.backend()
                .image()
                .resizeBilinear(
                    run.floats(1, Shape.of(2, 5, 7, count.dim(0))),
                    run.floatsOut(Shape.of(2, 8, 3, count.dim(0)))));
    cases.add(
        "OptimizerKernels.updateScale",
        BOXES,
        (run, count) ->
            run.backend()
                .optimizer()
                .updateScale(
                    run.floats(1, Shape.of(3)),
                    new ScaleParams(1),
                    run.result(run.tensors().ints(Shape.of(1), (int) count.dim(0) % 2)),
                    run.result(run.tensors().floats(Shape.of(1), 1024)),
                    run.out(Shape.of(OptimizerKernels.SCALE_COUNTERS), DType.I32),
                    run.result(
                        run.floats(
                            2,
                            Shape.of(OptimizerKernels.RING_STEPS, OptimizerKernels.RING_SIZE)))));
  }

  private static void batchNorm(OpCases cases) {
    cases.add(
        "BatchNormKernels.inverseStd",
        BOXES,
        (run, count) ->
            run.backend()
                .batchNorm()
                .inverseStd(positive(run, 1, count), 1e-5f, run.floatsOut(count)));
    cases.add(
        "BatchNormKernels.updateRunning",
        BOXES,
        (run, count) -> {
          for (int foundInf = 0; foundInf < 2; foundInf++) {
            run.backend()
                .batchNorm()
                .updateRunning(
                    run.floats(1, count),
                    positive(run, 2, count),
                    1e-5f,
                    17,
                    0.1f,
                    run.tensors().ints(Shape.of(1), foundInf),
                    run.result(run.floats(3, count)),
                    run.result(run.floats(4, count)));
          }
        });
  }

  private static void boxes(OpCases cases) {
    cases.add(
        "BoxKernels.iou",
        BOXES,
        (run, count) ->
            run.backend()
                .box()
                .iou(
                    boxes(run, 1, count),
                    boxes(run, 2, Shape.of(5)),
                    run.floatsOut(Shape.of(count.dim(0), 5))));
    cases.add(
        "BoxKernels.encode",
        BOXES,
        (run, count) ->
            run.backend()
                .box()
                .encode(
                    boxes(run, 1, count), priors(run, count), BoxCoding.ssd(), out(run, count)));
    cases.add(
        "BoxKernels.decode",
        BOXES,
        (run, count) -> {
          Shape shape = Shape.of(IMAGES, count.dim(0), 4);
          run.backend()
              .box()
              .decode(
                  run.floats(1, shape), priors(run, count), BoxCoding.ssd(), run.floatsOut(shape));
        });
    cases.add(
        "BoxKernels.match",
        BOXES,
        (run, count) -> {
          for (MatchParams params :
              List.of(MatchParams.caffe(), MatchParams.dali(), MatchParams.lufficc())) {
            match(run, count, params);
          }
        });
  }

  private static void match(HalfRun run, Shape count, MatchParams params) {
    Shape perPrior = Shape.of(IMAGES, count.dim(0));
    Tensor truths = boxes(run, 3, Shape.of(IMAGES * TRUTHS));
    run.backend()
        .box()
        .match(
            priors(run, count),
            truths.reshape(Shape.of(IMAGES, TRUTHS, 4)),
            run.tensors().ints(Shape.of(IMAGES, TRUTHS), 1, 2, 3, 3, 2, 1),
            run.tensors().ints(Shape.of(IMAGES), TRUTHS, 1),
            params,
            BoxCoding.ssd(),
            run.out(perPrior, DType.I32),
            run.out(perPrior, DType.I32),
            run.floatsOut(Shape.of(IMAGES, count.dim(0), 4)));
  }

  private static Tensor out(HalfRun run, Shape count) {
    return run.floatsOut(Shape.of(count.dim(0), 4));
  }

  /** Values in [0.5, 1.5). */
  private static Tensor positive(HalfRun run, long seed, Shape shape) {
    float[] values = Tensors.random(seed, shape.size());
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 + values[i] / 2;
    }
    return run.tensors().floats(shape, values);
  }

  /** Corners of boxes about the middle of an image. */
  private static Tensor boxes(HalfRun run, long seed, Shape count) {
    float[] values = Tensors.random(seed, 4 * count.dim(0));
    for (int i = 0; i < values.length; i++) {
      values[i] = (i % 4 < 2 ? 0.3f : 0.7f) + 0.15f * values[i];
    }
    return run.tensors().floats(Shape.of(count.dim(0), 4), values);
  }

  private static Priors priors(HalfRun run, Shape count) {
    float[] centres = Tensors.random(7, 4 * count.dim(0));
    float[] corners = new float[centres.length];
    for (int i = 0; i < centres.length; i += 4) {
      for (int axis = 0; axis < 2; axis++) {
        centres[i + axis] = 0.5f + 0.2f * centres[i + axis];
        centres[i + axis + 2] = 0.4f + 0.1f * centres[i + axis + 2];
        corners[i + axis] = centres[i + axis] - centres[i + axis + 2] / 2;
        corners[i + axis + 2] = centres[i + axis] + centres[i + axis + 2] / 2;
      }
    }
    Shape shape = Shape.of(count.dim(0), 4);
    return new Priors(run.tensors().floats(shape, corners), run.tensors().floats(shape, centres));
  }
}
