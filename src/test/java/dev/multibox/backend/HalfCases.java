package dev.multibox.backend;

import static dev.multibox.backend.CaseShapes.ROWS;

import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A call of every op that takes F16, by family and method, with the shapes to try. */
final class HalfCases {
  private HalfCases() {}

  /** The cases by the op's family and method. */
  static Map<String, OpCases.Case> all() {
    OpCases cases = new OpCases();
    HalfElementwiseCases.addTo(cases);
    HalfLayerCases.addTo(cases);
    HalfLossCases.addTo(cases);
    optimizer(cases);
    convertAndImage(cases);
    return cases.all();
  }

  private static void optimizer(OpCases cases) {
    cases.add(
        "OptimizerKernels.checkFinite",
        ROWS,
        (run, shape) -> {
          Shape flag = Shape.of(1);
          run.backend().optimizer().checkFinite(run.random(1, shape), run.out(flag, DType.I32));
          run.backend().optimizer().checkFinite(run.any(1, shape), run.out(flag, DType.I32));
        });
    cases.add(
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

  private static void convertAndImage(OpCases cases) {
    cases.add(
        "ConvertKernels.convert",
        ROWS,
        (run, shape) -> {
          run.backend().convert().convert(run.any(1, shape), run.floatsOut(shape));
          run.backend().convert().convert(run.floats(2, shape), run.out(shape));
          run.backend().convert().convert(run.any(3, shape), run.out(shape));
          run.backend().convert().convert(counted(run, shape, DType.I32), run.out(shape));
          run.backend().convert().convert(counted(run, shape, DType.U8), run.out(shape));
        });
    cases.add(
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
                  Collections.nCopies(shape.intDim(0), contrasted(30, 20)),
                  Normalisation.caffe(),
                  run.out(shape));
        });
  }

  /** A plan that looks at the whole image first. */
  private static ImagePlan contrasted(int width, int height) {
    ImagePlan whole = ImagePlan.whole(width, height, ImagePlan.Resize.BICUBIC);
    return new ImagePlan(
        List.of(new ColourStep.Blend(ColourStep.From.MEAN_GREY, 0.7f)),
        whole.canvas(),
        whole.crop(),
        true,
        whole.resize());
  }
}
