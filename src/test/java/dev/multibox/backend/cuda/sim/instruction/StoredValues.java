package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Request;
import org.jspecify.annotations.Nullable;

/** What the warp that runs is about to store. */
final class StoredValues implements Request.Values {
  private @Nullable Warp warp;
  private @Nullable Elements elements;

  StoredValues of(Warp newWarp, Elements newElements) {
    warp = newWarp;
    elements = newElements;
    return this;
  }

  @Override
  public void store(int lane, long host) {
    if (warp != null && elements != null) {
      elements.store(warp, lane, host);
    }
  }

  @Override
  public boolean same(int lane, long host) {
    return warp != null && elements != null && elements.same(warp, lane, host);
  }

  @Override
  public boolean same(int lane, int other) {
    return warp != null && elements != null && elements.same(warp, lane, other);
  }
}
