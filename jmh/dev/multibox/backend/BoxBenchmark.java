package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Boxes against SSD300's 8732 priors, eight an image. */
@SuppressWarnings("NullAway.Init")
public class BoxBenchmark extends OpBenchmark {
  @Param({"1", "8", "32"})
  private int batch;

  private BoxKernels kernels;
  private DetectionProblem problem;
  private Tensor truths;
  private Tensor overlaps;
  private Tensor encoded;
  private Tensor decoded;

  @Override
  Tensor setUp() {
    kernels = backend().box();
    problem = new DetectionProblem(backend(), arena(), batch, DType.F32);
    Tensor corners = problem.priors.corners();
    truths = problem.boxes.reshape(Shape.of(problem.boxes.size() / 4, 4));
    overlaps = arena().zeros(Shape.of(truths.shape().dim(0), problem.priors.count()), DType.F32);
    encoded = arena().zeros(corners.shape(), DType.F32);
    decoded = problem.newOffsets();
    kernels.encode(corners, problem.priors, BoxCoding.ssd(), encoded);
    require(Math.abs(random().first(encoded)) < 1e-5, "encode: a prior is off itself");
    return problem.offsetTargets;
  }

  @Benchmark
  public void iou(Traffic traffic) {
    Tensor corners = problem.priors.corners();
    time(
        traffic,
        truths.bytes() + corners.bytes() + overlaps.bytes(),
        () -> kernels.iou(truths, corners, overlaps));
  }

  @Benchmark
  public void match(Traffic traffic) {
    long priors = 2 * problem.priors.corners().bytes();
    long targets =
        problem.matched.bytes() + problem.classTargets.bytes() + problem.offsetTargets.bytes();
    time(traffic, priors + targets, problem::match);
  }

  @Benchmark
  public void encode(Traffic traffic) {
    Tensor corners = problem.priors.corners();
    time(
        traffic,
        3 * corners.bytes(),
        () -> kernels.encode(corners, problem.priors, BoxCoding.ssd(), encoded));
  }

  @Benchmark
  public void decode(Traffic traffic) {
    time(
        traffic,
        2 * decoded.bytes() + problem.priors.centres().bytes(),
        () -> kernels.decode(problem.offsetTargets, problem.priors, BoxCoding.ssd(), decoded));
  }
}
