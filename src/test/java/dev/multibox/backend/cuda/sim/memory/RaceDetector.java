package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.LaunchScope;
import dev.multibox.backend.cuda.sim.report.Site;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds accesses of one launch that nothing orders, for the blocks that one thread simulates.
 *
 * <p>Each word has a cell with the last write and the last read. A new access is compared with
 * them: it races with one that is not past by the {@link BlockClock}, or that another block of the
 * launch made, unless both only read, both are atomic, or both store the same value. Reads that are
 * not past to each other are kept as one of a wider scope, so that a write races with all of them.
 */
public final class RaceDetector {
  private static final int WORD = 4;

  private final int worker;
  private final BlockClock clock = new BlockClock();
  private final Consumer<RaceDetector> wornOut;
  private final Releases releases = new Releases(this);
  private final ExactReaders readers = new ExactReaders();
  private LaunchScope launch;
  private int nextRun = 1;
  private int firstRun = 1;
  private int[] blockOfRun = new int[256];
  private boolean exact;

  /** What is checked, for the report: an address in global memory, or an offset in shared. */
  private long address;

  private boolean inShared;

  /** Stamps of earlier runs do not matter to the access that is checked. */
  private int oldestRun = 1;

  /**
   * @param worker the number of the simulating thread
   * @param launch any
   * @param wornOut clears all cells of that thread, when the runs are used up
   */
  public RaceDetector(int worker, LaunchScope launch, Consumer<RaceDetector> wornOut) {
    this.worker = worker;
    this.launch = launch;
    this.wornOut = wornOut;
  }

  public int worker() {
    return worker;
  }

  public BlockClock clock() {
    return clock;
  }

  Releases releases() {
    return releases;
  }

  /** A thread of the running block executes a fence, for its block or for the whole device. */
  public void fence(int thread, boolean device) {
    releases.fence(thread, device);
  }

  /**
   * Begins a launch.
   *
   * @param exactReaders whether barriers of some lanes or some warps occur, so that readers must be
   *     remembered one by one
   */
  public void startLaunch(LaunchScope newLaunch, boolean exactReaders) {
    launch = newLaunch;
    exact = exactReaders;
    firstRun = nextRun;
    releases.clear();
  }

  /** Begins the run of a block. */
  public void startBlock(long block) {
    readers.clear();
    clock.start(newRun(Math.toIntExact(block)));
  }

  private int newRun(int block) {
    if (nextRun > Stamp.MAX_RUN) {
      wornOut.accept(this);
      nextRun = 1;
      firstRun = 1;
    }
    int run = nextRun++;
    int index = run - firstRun;
    if (index == blockOfRun.length) {
      blockOfRun = Arrays.copyOf(blockOfRun, 2 * index);
    }
    blockOfRun[index] = block;
    return run;
  }

  /** All threads of the running block met. */
  public void blockBarrier() {
    if (clock.isWornOut()) {
      clock.start(newRun(block()));
    } else {
      clock.blockBarrier();
    }
  }

  int block() {
    return blockOfRun[clock.run() - firstRun];
  }

  int blockOf(long stamp) {
    return blockOfRun[Stamp.run(stamp) - firstRun];
  }

  /** How many runs of this launch precede the running block's. */
  int runsBefore() {
    return clock.run() - firstRun;
  }

  LaunchScope launch() {
    return launch;
  }

  /** Whether a stamp is of this launch, or in shared memory, of this block. */
  private boolean matters(long stamp) {
    return Stamp.run(stamp) >= oldestRun;
  }

  /** The runs that one launch had on this thread. */
  public record Runs(int first, int last) {}

  /** The runs of this launch so far. */
  public Runs runs() {
    return new Runs(firstRun, nextRun - 1);
  }

  /** Who wrote, or read, a byte of global memory last, if that was in {@code runs}; else null. */
  @Nullable Touch touch(DeviceMemory memory, long at, boolean wrote, Runs runs) {
    Chunk chunk = memory.chunk(at);
    if (chunk == null) {
      return null;
    }
    int offset = (int) (at - DeviceMemory.BASE) & (Chunk.BYTES - 1);
    int level = (int) (Raw.getLong(chunk.cell(worker, offset & -WORD)) & Stamp.LEVEL_MASK);
    long cell = chunk.cell(worker, offset & -(WORD >>> level));
    long stamp = Raw.getLong(wrote ? cell : cell + Chunk.READ);
    int tag = Raw.getInt(cell + (wrote ? Chunk.WRITE_SITE : Chunk.READ_SITE));
    int run = Stamp.run(stamp);
    if (run < runs.first() || run > runs.last()) {
      return null;
    }
    Site site = launch.sites().get(Access.siteOf(tag));
    return run < firstRun
        ? new Touch(site, null, null)
        : new Touch(site, launch.grid().at(blockOf(stamp)), launch.block().at(Stamp.thread(stamp)));
  }

  /**
   * Does all there is to do for a lane's access to a word, if it is an ordinary one: the word is
   * aligned, may be used, is watched as a whole, and is used in order. Otherwise does nothing.
   *
   * @param global whether other blocks of the launch matter
   */
  boolean isQuiet(Request request, int lane, long stamp, Chunk chunk, int offset, boolean global) {
    long state = chunk.state + offset;
    boolean writes = request.access.writes();
    int wanted = writes ? ByteState.WORD_WRITABLE : ByteState.WORD_WRITTEN;
    int known = Raw.getInt(state);
    if ((offset & WORD - 1) != 0 || (known & wanted) != wanted || exact) {
      return false;
    }
    long cell = chunk.wordCells(worker) + (long) (offset >>> 2) * Chunk.CELL_BYTES;
    long written = Raw.getLong(cell);
    long mine = stamp + Stamp.lane(lane);
    long oldest = (long) (global ? firstRun : clock.run()) << Stamp.RUN_SHIFT;
    if ((written & Stamp.LEVEL_MASK) != 0 || !Stamp.isOrdered(written, mine, oldest)) {
      return false;
    }
    long read = Raw.getLong(cell + Chunk.READ);
    if (writes) {
      boolean stale = read >= oldest && Access.isReadOnly(Raw.getInt(cell + Chunk.READ_SITE));
      if (stale || !Stamp.isOrdered(read, mine, oldest)) {
        return false;
      }
      Raw.putInt(state, ByteState.WORD_WRITABLE | ByteState.WORD_WRITTEN);
      Raw.putLong(cell, mine);
      Raw.putInt(cell + Chunk.WRITE_SITE, request.access.tag());
      request.done |= 1 << lane;
    } else {
      boolean stale = written >= oldest && request.access.readOnly();
      if (stale || (read >= oldest && !Stamp.sameRun(read, mine))) {
        return false;
      }
      long merged = Stamp.isOrdered(read, mine, oldest) ? mine : Stamp.wider(read, mine);
      if (merged != read) {
        Raw.putLong(cell + Chunk.READ, merged);
        Raw.putInt(cell + Chunk.READ_SITE, request.access.tag());
      }
    }
    request.host[lane] = chunk.data + offset;
    return true;
  }

  /** Checks an access to shared memory, which other blocks used before in vain. */
  void checkShared(Request request, int lane, long stamp, Chunk chunk, int offset, int bytes) {
    oldestRun = clock.run();
    inShared = true;
    check(request, lane, stamp, chunk, offset, bytes);
  }

  /** Checks an access to global memory. */
  void checkGlobal(Request request, int lane, long stamp, Chunk chunk, int offset, int bytes) {
    oldestRun = firstRun;
    inShared = false;
    check(request, lane, stamp, chunk, offset, bytes);
  }

  /** Compares a lane's access with what is known of the bytes, then makes it known. */
  private void check(Request request, int lane, long stamp, Chunk chunk, int offset, int bytes) {
    address = request.address[lane];
    long words = chunk.wordCells(worker);
    for (int at = offset & -WORD; at < offset + bytes; at += WORD) {
      long cell = words + (long) (at >>> 2) * Chunk.CELL_BYTES;
      int level = (int) (Raw.getLong(cell) & Stamp.LEVEL_MASK);
      if (level == 0 && bytes >= WORD) {
        touch(request, lane, stamp, cell);
      } else {
        checkParts(request, lane, stamp, chunk, at, offset, bytes);
      }
    }
  }

  /** The same for a word that is, or will be, watched in halves or bytes. */
  private void checkParts(
      Request request, int lane, long stamp, Chunk chunk, int word, int offset, int bytes) {
    int wanted = bytes >= WORD ? 0 : bytes == 2 ? 1 : 2;
    long first = chunk.cell(worker, word);
    int level = (int) (Raw.getLong(first) & Stamp.LEVEL_MASK);
    if (level < wanted) {
      refine(chunk, word, level, wanted);
      level = wanted;
    }
    int step = WORD >>> level;
    int end = Math.min(offset + bytes, word + WORD);
    for (int at = Math.max(offset, word) & -step; at < end; at += step) {
      touch(request, lane, stamp, chunk.cell(worker, at));
    }
  }

  /** Lets the parts of a word begin with what is known of the whole. */
  private void refine(Chunk chunk, int word, int level, int wanted) {
    int from = WORD >>> level;
    int to = WORD >>> wanted;
    for (int at = word; at < word + WORD; at += to) {
      int source = at & -from;
      if (source != at) {
        Raw.copy(chunk.cell(worker, source), chunk.cell(worker, at), Chunk.CELL_BYTES);
      }
    }
    long first = chunk.cell(worker, word);
    Raw.putLong(first, (Raw.getLong(first) & ~Stamp.LEVEL_MASK) | wanted);
  }

  private void touch(Request request, int lane, long stamp, long cell) {
    Access access = request.access;
    long written = Raw.getLong(cell);
    if (written >>> Stamp.RUN_SHIFT != 0) {
      compareWrite(request, lane, written, cell);
    }
    if (access.writes()) {
      long read = Raw.getLong(cell + Chunk.READ);
      if (read >>> Stamp.RUN_SHIFT != 0) {
        compareRead(request, lane, read, cell);
      }
      long level = written & Stamp.LEVEL_MASK;
      long merged = access.isStrong() ? merge(written & ~level, stamp, request.warp, lane) : stamp;
      Raw.putLong(cell, merged | level);
      Raw.putInt(cell + Chunk.WRITE_SITE, access.tag());
    } else {
      long read = Raw.getLong(cell + Chunk.READ);
      if (read != stamp) {
        long merged = merge(read, stamp, request.warp, lane);
        int scope = Stamp.scope(merged);
        if (exact && (scope == Stamp.WARP || scope == Stamp.BLOCK)) {
          readers.add(cell, read, stamp);
        }
        Raw.putLong(cell + Chunk.READ, merged);
      }
      Raw.putInt(cell + Chunk.READ_SITE, access.tag());
    }
  }

  /** One stamp for two reads, or two atomic operations; wider in scope if they are unordered. */
  private long merge(long old, long stamp, int warp, int lane) {
    if (!matters(old)) {
      return stamp;
    }
    boolean sameRun = Stamp.run(old) == Stamp.run(stamp);
    if ((!sameRun && blockOf(old) == block()) || releases.order(old, Stamp.thread(stamp))) {
      return stamp;
    }
    if (!sameRun) {
      return Stamp.withScope(stamp, Stamp.GRID);
    }
    int scope = Stamp.scope(old);
    if (scope == Stamp.GRID) {
      return Stamp.withScope(stamp, Stamp.GRID);
    }
    boolean sameThread = scope == Stamp.LANE && Stamp.thread(old) == Stamp.thread(stamp);
    if (sameThread || clock.isPast(old, warp, lane)) {
      return stamp;
    }
    boolean sameWarp = scope <= Stamp.WARP && Stamp.warp(old) == warp;
    return Stamp.withScope(stamp, sameWarp ? Stamp.WARP : Stamp.BLOCK);
  }

  private void compareWrite(Request request, int lane, long written, long cell) {
    if (!matters(written)) {
      return;
    }
    int tag = Raw.getInt(cell + Chunk.WRITE_SITE);
    if (request.access.readOnly()) {
      stale(request, lane, tag, written, "written by");
      return;
    }
    if (mayRace(request, lane, written, tag)
        && !(request.access.writes() && request.storesTheSame(lane, request.host[lane]))
        && !releases.order(written, request.thread(lane))) {
      report(request, lane, written, tag, "written");
    }
  }

  private void compareRead(Request request, int lane, long read, long cell) {
    if (!matters(read)) {
      return;
    }
    int tag = Raw.getInt(cell + Chunk.READ_SITE);
    if (Access.isReadOnly(tag)) {
      stale(request, lane, tag, read, "read by");
      return;
    }
    if (mayRace(request, lane, read, tag)
        && !(exact && readers.allPast(cell, read, clock, request.warp, lane))
        && !releases.order(read, request.thread(lane))) {
      report(request, lane, read, tag, "read");
    }
  }

  /** Whether two accesses, one of which writes, are neither ordered nor both strong. */
  private boolean mayRace(Request request, int lane, long old, int tag) {
    int scope = Stamp.scope(old);
    int mine = request.access.tag();
    if (scope == Stamp.GRID || Stamp.run(old) != clock.run()) {
      boolean ownBlock = scope != Stamp.GRID && blockOf(old) == block();
      return !ownBlock && !Access.mayMeetAcrossBlocks(tag, mine);
    }
    if (scope == Stamp.LANE && Stamp.thread(old) == request.thread(lane)) {
      return false;
    }
    return !clock.isPast(old, request.warp, lane) && !Access.mayMeetInBlock(tag, mine);
  }

  private void report(Request request, int lane, long old, int tag, String verb) {
    int scope = Stamp.scope(old);
    boolean otherBlock = scope == Stamp.GRID || Stamp.run(old) != clock.run();
    boolean sameWarp = scope <= Stamp.WARP && Stamp.warp(old) == request.warp;
    FaultKind kind =
        otherBlock
            ? FaultKind.RACE_BETWEEN_BLOCKS
            : sameWarp ? FaultKind.RACE_IN_WARP : FaultKind.RACE_IN_BLOCK;
    add(kind, request, lane, old, tag, verb + " without order by");
  }

  private void stale(Request request, int lane, int tag, long old, String verb) {
    add(FaultKind.STALE_READ, request, lane, old, tag, verb);
  }

  private void add(FaultKind kind, Request request, int lane, long old, int tag, String verb) {
    String other = launch.sites().get(Access.siteOf(tag)).toString();
    String who =
        Stamp.scope(old) == Stamp.LANE
            ? launch.place(blockOf(old), Stamp.thread(old))
            : "several threads, the last " + launch.place(blockOf(old), Stamp.thread(old));
    launch.report(
        kind,
        request.site(),
        block(),
        request.thread(lane),
        "%s was %s %s, %s"
            .formatted(Places.name(inShared ? Places.SHARED + address : address), verb, other, who),
        other);
  }
}
