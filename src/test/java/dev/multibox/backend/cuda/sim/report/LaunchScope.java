package dev.multibox.backend.cuda.sim.report;

/**
 * A launch, as reports speak of it.
 *
 * @param kernel its name
 * @param grid in blocks
 * @param block in threads
 */
public record LaunchScope(String kernel, Dim3 grid, Dim3 block, Reports reports, Sites sites) {
  /** Reports a fault of a thread, given by the numbers of its block and itself. */
  public void report(
      FaultKind kind, Site site, long blockIndex, int threadIndex, String message, String detail) {
    reports.add(
        new Report(kind, kernel, site, grid.at(blockIndex), block.at(threadIndex), message),
        detail);
  }

  /** Reports a fault that ends the launch. */
  public LaunchEnd end(
      FaultKind kind, Site site, long blockIndex, int threadIndex, String message) {
    report(kind, site, blockIndex, threadIndex, message, "");
    return new LaunchEnd();
  }

  /** For example {@code block (1,0,0) thread (33,0,0)}. */
  public String place(long blockIndex, int threadIndex) {
    return "block %s thread %s".formatted(grid.at(blockIndex), block.at(threadIndex));
  }
}
