package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.CudnnException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the ways in which cuDNN can do a convolution, the likely fastest first: what its
 * heuristics propose, then its fallback engines.
 */
public final class PlanSearch implements AutoCloseable {
  /** The modes of heuristics by the letters of plan names: {@code CUDNN_HEUR_MODE_A}. */
  private static final int HEURISTICS = 3;

  private static final int FALLBACK = 2;

  /** What plan names begin with that are not of the heuristics. */
  static final String FALLBACK_NAME = "F";

  /** More than the heuristics propose. */
  private static final int MOST = 64;

  private final CudnnApi api;
  private final PlanTarget target;

  /** A search for plans on {@code target}, which is closed with it, after them. */
  public PlanSearch(CudnnApi api, PlanTarget target) {
    this.api = api;
    this.target = target;
  }

  /** Decides whether another plan is wanted. */
  @FunctionalInterface
  private interface Sink {
    boolean wantsMore(ConvolutionPlan plan);
  }

  /**
   * The first {@code count} plans that {@code policy} allows and that need no more than {@code
   * workspaceBytes}; engines of last resort only if there are no others. A call with a bias may
   * have none where the same without has. The caller closes them.
   */
  public List<ConvolutionPlan> find(
      ConvolutionCall call, MathPolicy policy, long workspaceBytes, int count) {
    List<ConvolutionPlan> best = new ArrayList<>();
    List<ConvolutionPlan> last = new ArrayList<>();
    each(
        call,
        policy,
        plan -> {
          boolean fits = plan.workspaceBytes() <= workspaceBytes;
          if (fits && !MathPolicy.isLastResort(plan.notes())) {
            best.add(plan);
          } else if (fits && last.size() < count) {
            last.add(plan);
          } else {
            plan.close();
          }
          return best.size() < count;
        });
    if (best.isEmpty()) {
      return last;
    }
    last.forEach(ConvolutionPlan::close);
    return best;
  }

  /** The plan of this name, as {@link ConvolutionPlan#name} has it; null if there is none. */
  public @Nullable ConvolutionPlan find(ConvolutionCall call, MathPolicy policy, String name) {
    List<ConvolutionPlan> found = new ArrayList<>();
    each(
        call,
        policy,
        plan -> {
          if (plan.name().equals(name)) {
            found.add(plan);
          } else {
            plan.close();
          }
          return found.isEmpty();
        });
    return found.isEmpty() ? null : found.getFirst();
  }

  private void each(ConvolutionCall call, MathPolicy policy, Sink sink) {
    boolean wanted = each("A", HEURISTICS, call, policy, sink);
    // A fallback engine with a bias behind it is slower than one without and a kernel of ours.
    if (wanted && !call.bias()) {
      each(FALLBACK_NAME, FALLBACK, call, policy, sink);
    }
  }

  /** Returns whether more are wanted. */
  private boolean each(String name, int mode, ConvolutionCall call, MathPolicy policy, Sink sink) {
    try (ConvolutionGraph graph = new ConvolutionGraph(api, call, target.handle())) {
      List<Candidate> candidates = candidates(graph, name, mode);
      boolean wanted = true;
      for (Candidate candidate : candidates) {
        ConvolutionPlan plan =
            wanted && policy.allows(candidate.notes()) ? plan(call, candidate) : null;
        if (plan == null) {
          candidate.close();
        } else {
          wanted = sink.wantsMore(plan);
        }
      }
      return wanted;
    } catch (CudnnException e) {
      if (e.isNotSupported()) {
        // There is no way to do this graph, for example one with an epilogue that has no engine.
        return true;
      }
      throw e;
    }
  }

  private List<Candidate> candidates(ConvolutionGraph graph, String name, int mode) {
    List<Descriptor> configs = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      configs.add(Descriptor.of(api, DescriptorType.ENGINE_CONFIG));
    }
    int count;
    try (Descriptor heuristics = Descriptor.of(api, DescriptorType.ENGINE_HEURISTICS)) {
      heuristics
          .set(Attribute.HEURISTIC_GRAPH, graph.descriptor())
          .set(Attribute.HEURISTIC_MODE, mode);
      target.describe(heuristics, Attribute.HEURISTIC_DEVICE).finish();
      count = heuristics.fill(Attribute.HEURISTIC_RESULTS, configs.toArray(Descriptor[]::new));
    }
    configs.subList(count, MOST).forEach(Descriptor::close);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      candidates.add(new Candidate(api, name, i, configs.get(i)));
    }
    return candidates;
  }

  /** The plan of a candidate; null if cuDNN cannot make it after all. */
  private @Nullable ConvolutionPlan plan(ConvolutionCall call, Candidate candidate) {
    Descriptor plan = Descriptor.of(api, DescriptorType.EXECUTION_PLAN);
    try {
      plan.set(Attribute.PLAN_CONFIG, candidate.config());
      if (target.handle() != 0) {
        plan.set(Attribute.PLAN_HANDLE, target.handle());
      }
      target.describe(plan, Attribute.PLAN_DEVICE).finish();
      return new ConvolutionPlan(api, call, candidate, plan);
    } catch (CudnnException e) {
      plan.close();
      return null;
    }
  }

  @Override
  public void close() {
    target.close();
  }
}
