package dev.multibox.backend.cuda.sim.report;

/** What a kernel did, over all its launches or in one of them. */
public final class Counters {
  /** Instructions, a warp counted once whatever lanes took part. */
  public long warpInstructions;

  /** Instructions, each lane counted that took part. */
  public long laneInstructions;

  /** Branches that a warp took to both sides. */
  public long divergentBranches;

  /** Loads, stores and atomic operations of warps on global memory. */
  public long globalRequests;

  /** The bytes that lanes asked for in them. */
  public long globalBytes;

  /** The stretches of 32 bytes that they touched: 4 a request for coalesced words. */
  public long globalSectors;

  /** Loads, stores and atomic operations of warps on shared memory. */
  public long sharedRequests;

  /** How often a bank was busy when a request wanted another word of it. */
  public long bankConflicts;

  public long blocks;

  /** Adds another's counts to these. */
  public void add(Counters other) {
    warpInstructions += other.warpInstructions;
    laneInstructions += other.laneInstructions;
    divergentBranches += other.divergentBranches;
    globalRequests += other.globalRequests;
    globalBytes += other.globalBytes;
    globalSectors += other.globalSectors;
    sharedRequests += other.sharedRequests;
    bankConflicts += other.bankConflicts;
    blocks += other.blocks;
  }

  /** What was counted since these were the counts of the same kernel. */
  public Counters since(Counters before) {
    Counters later = new Counters();
    later.warpInstructions = warpInstructions - before.warpInstructions;
    later.laneInstructions = laneInstructions - before.laneInstructions;
    later.divergentBranches = divergentBranches - before.divergentBranches;
    later.globalRequests = globalRequests - before.globalRequests;
    later.globalBytes = globalBytes - before.globalBytes;
    later.globalSectors = globalSectors - before.globalSectors;
    later.sharedRequests = sharedRequests - before.sharedRequests;
    later.bankConflicts = bankConflicts - before.bankConflicts;
    later.blocks = blocks - before.blocks;
    return later;
  }

  /** The mean number of lanes that took part in an instruction. */
  public double lanesPerInstruction() {
    return warpInstructions == 0 ? 0 : (double) laneInstructions / warpInstructions;
  }

  /** The mean number of sectors of a request. */
  public double sectorsPerRequest() {
    return globalRequests == 0 ? 0 : (double) globalSectors / globalRequests;
  }

  @Override
  public String toString() {
    return ("%d lane instructions (%.1f lanes each), %d divergent branches, %d bytes of global"
            + " memory in %d requests of %.2f sectors, %d bank conflicts in %d shared requests")
        .formatted(
            laneInstructions,
            lanesPerInstruction(),
            divergentBranches,
            globalBytes,
            globalRequests,
            sectorsPerRequest(),
            bankConflicts,
            sharedRequests);
  }
}
