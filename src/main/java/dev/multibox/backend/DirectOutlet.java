package dev.multibox.backend;

import dev.multibox.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;

/** Copies that are here at once. */
public final class DirectOutlet implements Outlet {
  private final Backend backend;
  private final Tensor source;
  private final Deque<float[]> copies = new ArrayDeque<>();

  public DirectOutlet(Backend backend, Tensor source) {
    this.backend = backend;
    this.source = source;
  }

  @Override
  public void copy() {
    copies.add(backend.floats(source));
  }

  @Override
  public int copies() {
    return copies.size();
  }

  @Override
  public boolean isDue() {
    return !copies.isEmpty();
  }

  @Override
  public float[] take() {
    if (copies.isEmpty()) {
      throw new IllegalStateException("outlet: no copy is on its way");
    }
    return copies.remove();
  }
}
