package dev.multibox.backend.cuda.sim.report;

/** What can be wrong with a kernel, or with how the host uses the device. */
public enum FaultKind {
  /** An access outside of every allocation, or beyond the shared or local memory of a kernel. */
  OUT_OF_BOUNDS("out of bounds", true),
  /** An address that is no multiple of the access's size. */
  MISALIGNED("misaligned", true),
  USE_AFTER_FREE("use after free", true),
  /** A store to constant memory or to parameters. */
  READ_ONLY_WRITE("write to read-only memory", true),
  /** A load of memory that nobody wrote. */
  UNWRITTEN_READ("read of memory nobody wrote", false),
  /** Lanes of one warp, without {@code __syncwarp} or {@code __syncthreads} between. */
  RACE_IN_WARP("race within a warp (is a __syncwarp missing?)", false),
  /** Warps of one block, without {@code __syncthreads} between. */
  RACE_IN_BLOCK("race within a block (is a __syncthreads missing?)", false),
  /** Blocks of one launch, which nothing but atomic operations can order. */
  RACE_BETWEEN_BLOCKS("race between blocks", false),
  /** Work on two streams, without an event between. */
  RACE_BETWEEN_STREAMS("race between streams (is an event missing?)", false),
  /** {@code ld.global.nc} of what the same launch writes. */
  STALE_READ("read-only load of bytes written in the same launch", false),
  /** A barrier that threads of the block passed by. */
  DIVERGENT_BARRIER("divergent barrier", false),
  /** A shuffle, a vote or a warp barrier that lanes it names passed by. */
  DIVERGENT_WARP("divergent warp operation", false),
  /** Threads that wait for each other for ever. */
  DEADLOCK("deadlock", true),
  /** A kernel that ran longer than the simulation allows. */
  ENDLESS("endless kernel", true),
  /** {@code __trap()} or a failed {@code assert}. */
  TRAP("trap", true),
  /** What the simulation cannot do. */
  UNSUPPORTED("not simulated", true);

  private final String title;
  private final boolean fatal;

  FaultKind(String title, boolean fatal) {
    this.title = title;
    this.fatal = fatal;
  }

  /** Its name in messages. */
  public String title() {
    return title;
  }

  /** Whether the launch ends there, as it would on a GPU. */
  public boolean isFatal() {
    return fatal;
  }
}
