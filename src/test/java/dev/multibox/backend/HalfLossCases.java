package dev.multibox.backend;

import static dev.multibox.backend.CaseShapes.ROWS;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** The part of {@link HalfCases} behind a model: losses and detections. */
final class HalfLossCases {
  private static final int CLASSES = 5;

  /** Two levels, padded to a multiple of eight channels. */
  private static final List<HeadLayout> LAYOUTS =
      List.of(new HeadLayout(3, 5, 4, CLASSES, 40, 0), new HeadLayout(1, 1, 2, CLASSES, 24, 60));

  private static final int PRIORS = 62;

  private static final List<Shape> BATCHES = List.of(Shape.of(3), Shape.of(1));

  private HalfLossCases() {}

  static void addTo(OpCases cases) {
    loss(cases);
    multibox(cases);
    detect(cases);
  }

  /** The last class of every row. */
  private static Tensor targets(HalfRun run, Shape x) {
    int[] targets = new int[x.intDim(0)];
    Arrays.fill(targets, x.intDim(1) - 1);
    return run.tensors().ints(Shape.of(targets.length), targets);
  }

  private static void loss(OpCases cases) {
    cases.add(
        "LossKernels.softmax",
        ROWS,
        (run, shape) -> run.backend().loss().softmax(run.any(1, shape), run.floatsOut(shape)));
    cases.add(
        "LossKernels.crossEntropy",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .crossEntropy(
                    run.any(1, shape), targets(run, shape), run.floatsOut(Shape.of(shape.dim(0)))));
    cases.add(
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
    cases.add(
        "LossKernels.smoothL1",
        ROWS,
        (run, shape) ->
            run.backend()
                .loss()
                .smoothL1(run.any(1, shape), run.floats(2, shape), 0.5f, run.floatsOut(shape)));
    cases.add(
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

  private static void multibox(OpCases cases) {
    cases.add(
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
    cases.add(
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
  }

  private static void detect(OpCases cases) {
    cases.add(
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
}
