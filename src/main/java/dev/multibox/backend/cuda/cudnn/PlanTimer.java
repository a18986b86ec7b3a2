package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.cudnn.ConvolutionPlan.Operands;
import dev.multibox.backend.cuda.driver.CudnnException;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.Stream;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the time of plans on the GPU, on memory of its own, and chooses the fastest. Each is
 * replayed as a captured graph, as it will be in a step; one that cannot be captured is out.
 */
public final class PlanTimer implements PlanBook.Chooser {
  private static final int REPLAYS = 5;
  private static final int ROUNDS = 3;

  /**
   * Makes 0.07 of every F16 and tiny numbers of F32: zeros would take less power, and less time.
   */
  private static final byte FILLING = 0x2c;

  private final Driver driver;
  private final Stream stream;

  /** A timer on {@code stream}, which is that of the plans' cuDNN. */
  public PlanTimer(Driver driver, Stream stream) {
    this.driver = driver;
    this.stream = stream;
  }

  /** What it is timed on; too little memory for that leaves the choice to cuDNN. */
  @Override
  public ConvolutionPlan choose(List<ConvolutionPlan> plans) {
    if (stream.isCapturing()) {
      throw new IllegalStateException(
          "%s: must run once before it is captured".formatted(plans.getFirst().call().label()));
    }
    ConvolutionCall call = plans.getFirst().call();
    long workspace = plans.stream().mapToLong(ConvolutionPlan::workspaceBytes).max().orElse(0);
    try (Scratch scratch = new Scratch()) {
      int bytes = call.type().bytes();
      Operands operands =
          new Operands(
              scratch.take(call.x().size() * bytes),
              scratch.take(call.filter().size() * bytes),
              scratch.take(call.out().size() * bytes),
              scratch.take(call.out().dim(3) * bytes),
              scratch.take(workspace));
      return fastest(plans, operands);
    } catch (DriverException e) {
      if (e.isOutOfMemory()) {
        return plans.getFirst();
      }
      throw e;
    }
  }

  private ConvolutionPlan fastest(List<ConvolutionPlan> plans, Operands operands) {
    ConvolutionPlan fastest = plans.getFirst();
    float least = Float.POSITIVE_INFINITY;
    for (ConvolutionPlan plan : plans) {
      float millis = millis(plan, operands);
      if (millis < least) {
        least = millis;
        fastest = plan;
      }
    }
    return fastest;
  }

  /** The least of some rounds; infinite for a plan that does not run. */
  private float millis(ConvolutionPlan plan, Operands operands) {
    float least = Float.POSITIVE_INFINITY;
    try {
      // Kernels are loaded at their first launch, which cannot be captured.
      plan.execute(operands);
      stream.synchronize();
      try (Graph graph = stream.capture(() -> plan.execute(operands));
          Event start = driver.newEvent();
          Event end = driver.newEvent()) {
        for (int round = 0; round < ROUNDS; round++) {
          stream.record(start);
          for (int i = 0; i < REPLAYS; i++) {
            stream.launch(graph);
          }
          stream.record(end);
          end.synchronize();
          least = Math.min(least, end.millisSince(start) / REPLAYS);
        }
      }
    } catch (CudnnException | DriverException _) {
      // Documented: it is out. A GPU that broke on it refuses the next call too.
      return Float.POSITIVE_INFINITY;
    }
    return least;
  }

  /** Memory that is filled, and freed when the times are taken. */
  private final class Scratch implements AutoCloseable {
    private final List<Long> addresses = new ArrayList<>();

    long take(long bytes) {
      long address = driver.allocate(Math.max(1, bytes));
      addresses.add(address);
      stream.fill(address, Math.max(1, bytes), FILLING);
      return address;
    }

    @Override
    public void close() {
      addresses.forEach(driver::free);
    }
  }
}
