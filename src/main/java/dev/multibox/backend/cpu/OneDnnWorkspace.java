package dev.multibox.backend.cpu;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Adds up what convolutions take of native memory beside their operands, one after the other. */
final class OneDnnWorkspace {
  /** What the convolutions of an engine share. */
  private record Shared(long scratchpad, long staged) {
    private Shared and(OneDnnConvolution convolution) {
      return new Shared(
          Math.max(scratchpad, convolution.scratchpadBytes()),
          Math.max(staged, convolution.stagedBytes()));
    }
  }

  private static final Shared NOTHING = new Shared(0, 0);

  private final Map<OneDnnEngine, Shared> shared = new HashMap<>();
  private final Map<OneDnnFilterLayout, Set<Long>> copied = new HashMap<>();

  /** One that is compiled for {@code engine}, with the addresses of the filters it is of. */
  void add(OneDnnEngine engine, OneDnnConvolution convolution, Set<Long> filters) {
    shared.merge(engine, NOTHING.and(convolution), (before, _) -> before.and(convolution));
    OneDnnFilterLayout layout = convolution.filterLayout();
    if (layout != null) {
      copied.computeIfAbsent(layout, _ -> new HashSet<>()).addAll(filters);
    }
  }

  long bytes() {
    long bytes = 0;
    for (Shared ofEngine : shared.values()) {
      bytes += ofEngine.scratchpad() + ofEngine.staged();
    }
    for (Map.Entry<OneDnnFilterLayout, Set<Long>> entry : copied.entrySet()) {
      bytes += entry.getKey().bytesOfCopy() * entry.getValue().size();
    }
    return bytes;
  }
}
