package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The plans of a process: each convolution is planned once, at its first call, by what a {@link
 * PlanCache} remembers of earlier processes, or else by the choice of a {@link Chooser} among what
 * cuDNN offers.
 */
public final class PlanBook implements AutoCloseable {
  /** How many plans are compared. */
  static final int COMPARED = 10;

  /** Chooses among plans for one call, of which there is at least one, the likely best first. */
  @FunctionalInterface
  public interface Chooser {
    /** Takes what cuDNN thinks best. */
    Chooser FIRST = plans -> plans.getFirst();

    ConvolutionPlan choose(List<ConvolutionPlan> plans);
  }

  private final PlanSearch search;
  private final PlanCache cache;
  private final Chooser chooser;
  private final boolean tf32;
  private final long workspaceBytes;
  private final Map<ConvolutionCall, Optional<ConvolutionPlan>> plans = new HashMap<>();
  private final Map<ConvolutionCall, Long> parts = new HashMap<>();

  /**
   * @param search where plans come from
   * @param cache what is remembered
   * @param chooser compares plans
   * @param tf32 whether F32 may be computed in TF32
   * @param workspaceBytes what a plan may need at most
   */
  public PlanBook(
      PlanSearch search, PlanCache cache, Chooser chooser, boolean tf32, long workspaceBytes) {
    this.search = search;
    this.cache = cache;
    this.chooser = chooser;
    this.tf32 = tf32;
    this.workspaceBytes = workspaceBytes;
  }

  /** Whether there is a plan. */
  public boolean has(ConvolutionCall call) {
    return find(call) != null;
  }

  /**
   * The plan of a call.
   *
   * @throws IllegalStateException if there is none
   */
  public ConvolutionPlan plan(ConvolutionCall call) {
    ConvolutionPlan plan = find(call);
    if (plan == null) {
      throw new IllegalStateException(
          "cuDNN: has no way to do %s in %d MiB of workspace"
              .formatted(call.label(), workspaceBytes >> 20));
    }
    return plan;
  }

  /**
   * How many images of a call can be done at once: all of them, if there is a plan for that, or
   * half, or half of that, and so on.
   *
   * @throws IllegalStateException if there is no plan even for one
   */
  public long imagesAtOnce(ConvolutionCall call) {
    return parts.computeIfAbsent(
        call,
        whole -> {
          long images = whole.x().dim(0);
          while (images > 1 && !isGood(whole.withImages(images))) {
            images = Math.ceilDiv(images, 2);
          }
          return images;
        });
  }

  /** Beyond 2^31 elements the filter's gradient has but a fallback, far slower than parts are. */
  private boolean isGood(ConvolutionCall call) {
    ConvolutionPlan plan = find(call);
    long elements = Math.max(call.x().size(), call.out().size());
    return plan != null && !(plan.isFallback() && elements > Integer.MAX_VALUE);
  }

  private @Nullable ConvolutionPlan find(ConvolutionCall call) {
    Optional<ConvolutionPlan> known = plans.get(call);
    if (known == null) {
      known = Optional.ofNullable(make(call));
      plans.put(call, known);
    }
    return known.orElse(null);
  }

  private @Nullable ConvolutionPlan make(ConvolutionCall call) {
    MathPolicy policy = MathPolicy.of(call.type(), tf32);
    String remembered = cache.find(call, policy);
    if (remembered != null) {
      ConvolutionPlan plan = search.find(call, policy, remembered);
      if (plan != null && plan.workspaceBytes() <= workspaceBytes) {
        return plan;
      }
      if (plan != null) {
        plan.close();
      }
    }
    List<ConvolutionPlan> offered = search.find(call, policy, workspaceBytes, COMPARED);
    if (offered.isEmpty()) {
      return null;
    }
    ConvolutionPlan chosen = offered.size() == 1 ? offered.getFirst() : chooser.choose(offered);
    for (ConvolutionPlan plan : offered) {
      if (plan != chosen) {
        plan.close();
      }
    }
    cache.remember(call, policy, chosen.name());
    return chosen;
  }

  @Override
  public void close() {
    plans.values().forEach(plan -> plan.ifPresent(ConvolutionPlan::close));
    plans.clear();
    search.close();
  }
}
