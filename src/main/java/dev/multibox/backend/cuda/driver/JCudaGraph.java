package dev.multibox.backend.cuda.driver;

import static dev.multibox.backend.cuda.driver.DriverStatus.check;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;

/** A captured graph, made executable. */
final class JCudaGraph implements Graph {
  private final JCudaDriver driver;
  private final CUgraph graph;
  private final CUgraphExec executable = new CUgraphExec();
  private final int size;

  /** Takes {@code graph} over. */
  JCudaGraph(JCudaDriver driver, CUgraph graph) {
    this.driver = driver;
    this.graph = graph;
    boolean complete = false;
    try {
      long[] count = new long[1];
      check(cuGraphGetNodes(graph, null, count), "Graph.size()");
      size = Math.toIntExact(count[0]);
      check(cuGraphInstantiate(executable, graph, 0), "Stream.capture(work): instantiate");
      complete = true;
    } finally {
      if (!complete) {
        int _ = cuGraphDestroy(graph);
      }
    }
  }

  CUgraphExec executable() {
    return executable;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void close() {
    driver.use();
    check(cuGraphExecDestroy(executable), "Graph.close()");
    check(cuGraphDestroy(graph), "Graph.close()");
  }
}
