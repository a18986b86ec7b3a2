package dev.multibox.backend.cuda.sim.ptx;

/**
 * A line of CUDA source.
 *
 * @param file as the PTX names it; empty where the PTX has no {@code .loc}
 */
public record SourceLine(String file, int line) {
  public static final SourceLine UNKNOWN = new SourceLine("", 0);

  /**
   * Whether it lies in a header of the toolkit, not in somebody's own code: such a header is named
   * by its place in the toolkit, or in committed PTX without a folder.
   */
  boolean isSystem() {
    boolean source = file.endsWith(".cu") || file.endsWith(".cuh");
    return file.contains("/include/") || (!file.contains("/") && !source);
  }

  /** For example {@code loss.cu:41}. */
  @Override
  public String toString() {
    return file.isEmpty() ? "unknown" : file.substring(file.lastIndexOf('/') + 1) + ":" + line;
  }
}
