package dev.multibox.backend.cuda.sim.memory;

import java.util.HashMap;
import java.util.Map;

/**
 * What fences and atomic operations order: a thread that reads atomically what another wrote
 * atomically after a fence knows all that preceded the fence. So the last block of a launch may
 * gather the results of the others, and a lock may guard plain accesses.
 *
 * <p>What a thread learns of another block holds for its whole block at once; that may hide a
 * missing barrier after it, never one before it.
 */
final class Releases {
  /**
   * A fence of one thread.
   *
   * @param stamp of that moment
   * @param floor under which the thread's warp was ordered
   * @param device whether other blocks are meant too
   */
  private record Release(long stamp, int floor, boolean device) {
    long key() {
      return (long) Stamp.run(stamp) << 10 | Stamp.thread(stamp);
    }

    /** Whether what {@code old} stands for preceded this fence. */
    boolean covers(long old) {
      if (Stamp.run(old) != Stamp.run(stamp)) {
        return false;
      }
      int scope = Stamp.scope(old);
      boolean sameThread = scope == Stamp.LANE && Stamp.thread(old) == Stamp.thread(stamp);
      boolean sameWarp = scope <= Stamp.WARP && Stamp.warp(old) == Stamp.warp(stamp);
      return Stamp.blockEpoch(old) < Stamp.blockEpoch(stamp)
          || (sameThread && Stamp.time(old) <= Stamp.time(stamp))
          || (sameWarp && Stamp.time(old) < floor);
    }
  }

  private final RaceDetector detector;
  private final Map<Long, Map<Long, Release>> byAddress = new HashMap<>();
  private final Map<Integer, Map<Long, Release>> fenced = new HashMap<>();
  private final Map<Integer, Map<Long, Release>> knownByThread = new HashMap<>();
  private final Map<Long, Release> knownByBlock = new HashMap<>();
  private int run;

  Releases(RaceDetector detector) {
    this.detector = detector;
  }

  /** Forgets everything, at the start of a launch. */
  void clear() {
    byAddress.clear();
    startBlock();
  }

  private void startBlock() {
    fenced.clear();
    knownByThread.clear();
    knownByBlock.clear();
  }

  private void followBlock() {
    if (run != detector.clock().run()) {
      run = detector.clock().run();
      startBlock();
    }
  }

  /** A thread of the running block executes a fence. */
  void fence(int thread, boolean device) {
    followBlock();
    int warp = thread / Request.LANES;
    long stamp = detector.clock().stamp(warp) + Stamp.lane(thread % Request.LANES);
    Map<Long, Release> all = new HashMap<>(knownByBlock);
    all.putAll(knownByThread.getOrDefault(thread, Map.of()));
    Release release = new Release(stamp, detector.clock().floor(warp), device);
    all.put(release.key(), release);
    fenced.put(thread, all);
  }

  /** A thread of the running block executes an atomic operation. */
  void atomic(long address, int thread, boolean reads, boolean writes) {
    followBlock();
    Map<Long, Release> published = byAddress.get(address);
    if (reads && published != null) {
      published.values().forEach(release -> learn(thread, release));
    }
    Map<Long, Release> own = fenced.get(thread);
    if (writes && own != null) {
      byAddress.computeIfAbsent(address, _ -> new HashMap<>()).putAll(own);
    }
  }

  private void learn(int thread, Release release) {
    if (Stamp.run(release.stamp()) == run) {
      knownByThread.computeIfAbsent(thread, _ -> new HashMap<>()).put(release.key(), release);
    } else if (release.device()) {
      knownByBlock.put(release.key(), release);
    }
  }

  /** Whether a thread of the running block knows what {@code old} stands for to be past. */
  boolean order(long old, int thread) {
    if (byAddress.isEmpty()) {
      return false;
    }
    followBlock();
    if (Stamp.scope(old) == Stamp.GRID) {
      return knowsAllBlocks();
    }
    return covers(knownByBlock, old) || covers(knownByThread.getOrDefault(thread, Map.of()), old);
  }

  /** Kernels with fences are simulated block after block, so earlier runs are earlier blocks. */
  private boolean knowsAllBlocks() {
    long known =
        knownByBlock.values().stream().mapToInt(r -> Stamp.run(r.stamp())).distinct().count();
    return known >= detector.runsBefore();
  }

  private static boolean covers(Map<Long, Release> known, long old) {
    for (Release release : known.values()) {
      if (release.covers(old)) {
        return true;
      }
    }
    return false;
  }
}
