package dev.multibox.backend.cuda.sim.report;

import dev.multibox.backend.cuda.sim.ptx.SourceLine;
import org.jspecify.annotations.Nullable;

/**
 * One fault, as seen first; the same fault by other threads is only counted.
 *
 * @param kernel the kernel that ran, or the call of the host
 * @param site the instruction; null for a call of the host
 * @param block the block; null for a call of the host
 * @param thread the thread in its block; null for a call of the host
 * @param message what happened, in words
 */
public record Report(
    FaultKind kind,
    String kernel,
    @Nullable Site site,
    @Nullable Dim3 block,
    @Nullable Dim3 thread,
    String message) {
  /** The line in the PTX; 0 for a call of the host. */
  public int ptxLine() {
    return site == null ? 0 : site.instruction().line();
  }

  /** The line in the CUDA source. */
  public SourceLine source() {
    return site == null ? SourceLine.UNKNOWN : site.instruction().source();
  }

  /** Everything in one line. */
  @Override
  public String toString() {
    String where = site == null ? "" : " at %s, block %s thread %s".formatted(site, block, thread);
    return "%s in %s%s: %s".formatted(kind.title(), kernel, where, message);
  }
}
