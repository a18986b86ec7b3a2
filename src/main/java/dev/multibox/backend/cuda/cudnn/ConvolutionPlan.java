package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.driver.CudnnApi;
import java.util.Set;

/**
 * A way to do one convolution: an engine with its settings, which is executed as often as asked.
 */
public final class ConvolutionPlan implements AutoCloseable {
  /** Memory of a convolution; {@code bias} and {@code workspace} are 0 where there is none. */
  public record Operands(long x, long filter, long out, long bias, long workspace) {}

  private final CudnnApi api;
  private final ConvolutionCall call;
  private final Candidate candidate;
  private final Descriptor plan;
  private final long workspaceBytes;

  ConvolutionPlan(CudnnApi api, ConvolutionCall call, Candidate candidate, Descriptor plan) {
    this.api = api;
    this.call = call;
    this.candidate = candidate;
    this.plan = plan;
    workspaceBytes = plan.get(Attribute.PLAN_WORKSPACE, 1)[0];
  }

  public ConvolutionCall call() {
    return call;
  }

  /** How much memory it needs beside its operands. */
  public long workspaceBytes() {
    return workspaceBytes;
  }

  /** What cuDNN says of its arithmetic. */
  public Set<NumericalNote> notes() {
    return candidate.notes();
  }

  /**
   * For example {@code A3:62t}: the fourth that the heuristics propose, engine 62, tensor cores.
   */
  public String name() {
    return candidate.name();
  }

  /** Whether it is on one of the engines that are only there so that there is one. */
  boolean isFallback() {
    return candidate.isFallback();
  }

  /** Puts it on the stream of its cuDNN; operands are multiples of 16. */
  public void execute(Operands operands) {
    boolean bias = call.bias();
    long[] uids =
        bias
            ? new long[] {
              ConvolutionGraph.X, ConvolutionGraph.W, ConvolutionGraph.Y, ConvolutionGraph.BIAS
            }
            : new long[] {ConvolutionGraph.X, ConvolutionGraph.W, ConvolutionGraph.Y};
    long[] addresses =
        bias
            ? new long[] {operands.x(), operands.filter(), operands.out(), operands.bias()}
            : new long[] {operands.x(), operands.filter(), operands.out()};
    for (long address : addresses) {
      if (address % ConvolutionGraph.ALIGNMENT != 0) {
        throw new IllegalArgumentException(
            "%s: address 0x%x, wanted a multiple of %d"
                .formatted(call.label(), address, ConvolutionGraph.ALIGNMENT));
      }
    }
    try (Descriptor pack = Descriptor.of(api, DescriptorType.VARIANT_PACK)) {
      pack.set(Attribute.PACK_UIDS, uids)
          .set(Attribute.PACK_POINTERS, addresses)
          .set(Attribute.PACK_WORKSPACE, operands.workspace())
          .finish();
      api.execute(plan.address(), pack.address());
    }
  }

  @Override
  public void close() {
    plan.close();
    candidate.close();
  }
}
