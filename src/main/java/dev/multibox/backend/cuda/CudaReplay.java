package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.driver.Graph;
import dev.multibox.backend.cuda.driver.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Work that is captured as a graph when it is asked for the second time, and launched as such from
 * then on. The first time it is run as it is, which loads every kernel and lets the workspace grow;
 * where that grows later, by other work, the graph is captured anew.
 */
final class CudaReplay implements Runnable, AutoCloseable {
  private final Stream stream;
  private final CudaWorkspace workspace;
  private final Runnable work;
  private @Nullable Graph graph;
  private boolean warm;
  private long address;

  CudaReplay(Stream stream, CudaWorkspace workspace, Runnable work) {
    this.stream = stream;
    this.workspace = workspace;
    this.work = work;
  }

  @Override
  public void run() {
    if (!warm) {
      work.run();
      warm = true;
      return;
    }
    if (graph != null && address != workspace.address()) {
      close();
    }
    Graph captured = graph;
    if (captured == null) {
      captured = stream.capture(work);
      graph = captured;
      address = workspace.address();
    }
    stream.launch(captured);
  }

  @Override
  public void close() {
    Graph captured = graph;
    if (captured != null) {
      stream.synchronize();
      captured.close();
      graph = null;
    }
  }
}
