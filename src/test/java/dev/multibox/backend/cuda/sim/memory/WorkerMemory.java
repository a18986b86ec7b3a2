package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.Dim3;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.LaunchEnd;
import dev.multibox.backend.cuda.sim.report.LaunchScope;
import dev.multibox.backend.cuda.sim.report.Report;
import dev.multibox.backend.cuda.sim.report.Reports;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All memory as one simulating thread sees it: finds the bytes that a warp asks for, and checks
 * each lane's access before they are touched.
 */
public final class WorkerMemory {
  private final DeviceMemory memory;
  private final HostPages pages;
  private final RaceDetector races;
  private final SharedMemory shared;
  private final Traffic traffic = new Traffic();
  private LaunchScope launch;
  private @Nullable Footprint footprint;
  private @Nullable LocalMemory local;
  private long parameters;
  private int parameterBytes;
  private long block;
  private Counters counters = new Counters();
  private boolean fences;

  /** The memory of simulating thread number {@code worker}. */
  public WorkerMemory(DeviceMemory memory, int worker) {
    this.memory = memory;
    pages = memory.pages();
    launch = new LaunchScope("", new Dim3(1, 1, 1), new Dim3(1, 1, 1), new Reports(), new Sites());
    races = new RaceDetector(worker, launch, _ -> memory.clearCells(worker));
    shared = new SharedMemory(pages, worker);
  }

  /**
   * Begins a launch.
   *
   * @param partialBarriers whether barriers of some lanes or some warps occur
   * @param withFences whether fences occur
   * @param touched collects what is touched; null if nobody will ask
   */
  public void startLaunch(
      LaunchScope newLaunch,
      boolean partialBarriers,
      boolean withFences,
      @Nullable Footprint touched) {
    launch = newLaunch;
    footprint = touched;
    fences = withFences;
    counters = new Counters();
    races.startLaunch(newLaunch, partialBarriers);
  }

  /** Begins the run of a block. */
  public void startBlock(long newBlock, List<SharedMemory.Range> sharedRanges) {
    block = newBlock;
    races.startBlock(newBlock);
    shared.startBlock(sharedRanges);
  }

  /** Whose local memory is meant from now on. */
  public void setLocal(LocalMemory warpsOwn) {
    local = warpsOwn;
  }

  /** New local memory for a warp. */
  public LocalMemory newLocal(int bytesPerLane) {
    return new LocalMemory(pages, bytesPerLane);
  }

  public RaceDetector races() {
    return races;
  }

  /** What the running launch did so far on this thread. */
  public Counters counters() {
    return counters;
  }

  /** Resolves addresses of global memory. */
  public void global(Request request) {
    long stamp = races.clock().stamp(request.warp);
    boolean words = request.access.bytes() == 4 && !request.access.isStrong();
    Chunk chunk = null;
    long start = 0;
    for (int m = request.mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      if (words) {
        long address = request.address[lane];
        if (chunk == null || (address - start & -Chunk.BYTES) != 0) {
          chunk = memory.chunk(address);
          start = address & -Chunk.BYTES;
        }
        if (chunk != null
            && races.isQuiet(request, lane, stamp, chunk, (int) (address - start), true)) {
          if (footprint != null) {
            footprint.mark(request, lane, address);
          }
          continue;
        }
      }
      globalLane(request, lane, stamp);
    }
    traffic.countGlobal(request, counters);
  }

  /** Resolves offsets in shared memory. */
  public void shared(Request request) {
    long stamp = races.clock().stamp(request.warp);
    boolean words = request.access.bytes() == 4 && !request.access.isStrong();
    Chunk chunk = shared.chunk();
    for (int m = request.mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      long offset = request.address[lane];
      if (!words
          || !shared.contains(offset, 4)
          || !races.isQuiet(request, lane, stamp, chunk, (int) offset, false)) {
        sharedLane(request, lane, stamp);
      }
    }
    traffic.countShared(request, counters);
  }

  /** Resolves offsets in local memory. */
  public void local(Request request) {
    for (int m = request.mask; m != 0; m &= m - 1) {
      localLane(request, Integer.numberOfTrailingZeros(m));
    }
  }

  /** Where the parameters of the kernel lie in host memory. */
  public void setParameters(long host, int bytes) {
    parameters = host;
    parameterBytes = bytes;
  }

  /** Resolves generic addresses, which may lie anywhere. */
  public void generic(Request request) {
    long stamp = races.clock().stamp(request.warp);
    int mask = request.mask;
    int global = 0;
    int inShared = 0;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      long address = request.address[lane];
      if (Places.isShared(address)) {
        request.address[lane] = address - Places.SHARED;
        sharedLane(request, lane, stamp);
        inShared |= 1 << lane;
      } else if (Places.isLocal(address)) {
        request.address[lane] = address - Places.LOCAL;
        localLane(request, lane);
      } else if (Places.isParam(address)) {
        parameterLane(request, lane, address - Places.PARAM);
      } else {
        globalLane(request, lane, stamp);
        global |= 1 << lane;
      }
    }
    request.mask = global;
    traffic.countGlobal(request, counters);
    request.mask = inShared;
    traffic.countShared(request, counters);
    request.mask = mask;
  }

  private void globalLane(Request request, int lane, long stamp) {
    Access access = request.access;
    long address = request.address[lane];
    int bytes = access.bytes();
    Chunk chunk = memory.chunk(address);
    if (chunk == null || (address & (bytes - 1)) != 0) {
      throw globalFault(request, lane);
    }
    int offset = (int) (address - DeviceMemory.BASE) & (Chunk.BYTES - 1);
    request.host[lane] = chunk.data + offset;
    checkState(request, lane, chunk.state + offset, address);
    races.checkGlobal(request, lane, stamp + Stamp.lane(lane), chunk, offset, bytes);
    if (fences && access.isStrong()) {
      races.releases().atomic(address, request.thread(lane), access.reads(), access.writes());
    }
    if (footprint != null) {
      footprint.mark(request, lane, address);
    }
    request.done |= 1 << lane;
  }

  private void sharedLane(Request request, int lane, long stamp) {
    Access access = request.access;
    long offset = request.address[lane];
    int bytes = access.bytes();
    if (!shared.contains(offset, bytes) || (offset & (bytes - 1)) != 0) {
      throw boundedFault(request, lane, offset, "shared", "beyond the block's shared memory");
    }
    Chunk chunk = shared.chunk();
    request.host[lane] = chunk.data + offset;
    checkState(request, lane, chunk.state + offset, Places.SHARED + offset);
    races.checkShared(request, lane, stamp + Stamp.lane(lane), chunk, (int) offset, bytes);
    if (fences && access.isStrong()) {
      races
          .releases()
          .atomic(Places.SHARED + offset, request.thread(lane), access.reads(), access.writes());
    }
    request.done |= 1 << lane;
  }

  private void parameterLane(Request request, int lane, long offset) {
    int bytes = request.access.bytes();
    if (request.access.writes()) {
      throw end(request, lane, FaultKind.READ_ONLY_WRITE, "a parameter of the kernel");
    }
    if (offset > parameterBytes - bytes || (offset & (bytes - 1)) != 0) {
      throw boundedFault(request, lane, offset, "parameter", "beyond the parameters");
    }
    request.host[lane] = parameters + offset;
  }

  private void localLane(Request request, int lane) {
    long offset = request.address[lane];
    int bytes = request.access.bytes();
    LocalMemory memoryOfWarp = local;
    if (memoryOfWarp == null
        || !memoryOfWarp.contains(offset, bytes)
        || (offset & (bytes - 1)) != 0) {
      throw boundedFault(request, lane, offset, "local", "beyond the thread's local memory");
    }
    request.host[lane] = memoryOfWarp.host(lane, offset);
    checkState(request, lane, memoryOfWarp.state(lane, offset), Places.LOCAL + offset);
  }

  /** Whether the bytes may be read or written; then they are known to be written. */
  private void checkState(Request request, int lane, long state, long address) {
    Access access = request.access;
    int bytes = access.bytes();
    if (access.reads() && !ByteState.all(state, bytes, ByteState.WRITTEN)) {
      readUnwritten(request, lane, state, address);
    }
    if (access.writes()) {
      if (!ByteState.all(state, bytes, ByteState.WRITABLE)) {
        throw stateFault(request, lane, state, address);
      }
      ByteState.setWritten(state, bytes);
    }
  }

  private void readUnwritten(Request request, int lane, long state, long address) {
    if (!ByteState.all(state, request.access.bytes(), ByteState.WRITABLE)) {
      throw stateFault(request, lane, state, address);
    }
    launch.report(
        FaultKind.UNWRITTEN_READ,
        request.site(),
        block,
        request.thread(lane),
        "%d bytes at %s".formatted(request.access.bytes(), where(address)),
        "");
  }

  private LaunchEnd stateFault(Request request, int lane, long state, long address) {
    int bytes = request.access.bytes();
    if (ByteState.any(state, bytes, ByteState.FREED)) {
      return end(request, lane, FaultKind.USE_AFTER_FREE, bytes + " bytes at " + where(address));
    }
    if (ByteState.all(state, bytes, ByteState.WRITTEN)) {
      return end(request, lane, FaultKind.READ_ONLY_WRITE, bytes + " bytes at " + where(address));
    }
    return end(request, lane, FaultKind.OUT_OF_BOUNDS, bytes + " bytes at " + where(address));
  }

  private LaunchEnd globalFault(Request request, int lane) {
    long address = request.address[lane];
    int bytes = request.access.bytes();
    if (memory.chunk(address) != null) {
      return end(request, lane, FaultKind.MISALIGNED, bytes + " bytes at " + where(address));
    }
    return end(request, lane, FaultKind.OUT_OF_BOUNDS, bytes + " bytes at " + where(address));
  }

  private LaunchEnd boundedFault(
      Request request, int lane, long offset, String space, String beyond) {
    int bytes = request.access.bytes();
    boolean misaligned = (offset & (bytes - 1)) != 0;
    return end(
        request,
        lane,
        misaligned ? FaultKind.MISALIGNED : FaultKind.OUT_OF_BOUNDS,
        "%d bytes at %s 0x%x%s".formatted(bytes, space, offset, misaligned ? "" : ", " + beyond));
  }

  private LaunchEnd end(Request request, int lane, FaultKind kind, String message) {
    return launch.end(kind, request.site(), block, request.thread(lane), message);
  }

  /** The text at an address, up to its zero, for a message. */
  public String text(long address) {
    StringBuilder text = new StringBuilder();
    for (long at = address; memory.faultOf(at, 1) == null && text.length() < 1000; at++) {
      byte[] one = new byte[1];
      memory.read(at, MemorySegment.ofArray(one));
      if (one[0] == 0) {
        break;
      }
      text.append((char) one[0]);
    }
    return text.toString();
  }

  /** Who wrote, or read, a byte last, if that was in {@code runs} of this thread; else null. */
  public @Nullable Touch touch(long address, boolean wrote, RaceDetector.Runs runs) {
    return races.touch(memory, address, wrote, runs);
  }

  /** Reports bytes that this thread's blocks and another's touched in one launch. */
  public void reportConflict(Footprint.Conflict conflict, WorkerMemory other) {
    Touch mine = touch(conflict.address(), conflict.firstWrites(), races.runs());
    Touch theirs = other.touch(conflict.address(), conflict.secondWrites(), other.races.runs());
    if (mine == null || theirs == null) {
      throw new IllegalStateException(
          "0x%x: nobody is known to have touched it".formatted(conflict.address()));
    }
    String message =
        "%s: %s, without order to %s by block %s thread %s"
            .formatted(
                where(conflict.address()),
                conflict.firstWrites() ? "written" : "read",
                theirs.site(),
                theirs.block(),
                theirs.thread());
    launch
        .reports()
        .add(
            new Report(
                FaultKind.RACE_BETWEEN_BLOCKS,
                launch.kernel(),
                mine.site(),
                mine.block(),
                mine.thread(),
                message),
            theirs.site().toString());
  }

  /** The address, with the allocation it belongs to. */
  private String where(long address) {
    Allocation allocation = address < Places.SHARED ? memory.before(address) : null;
    if (allocation == null) {
      return Places.name(address);
    }
    long offset = address - allocation.start();
    String side = offset < allocation.bytes() ? "byte %d of" : "%d bytes from the start of";
    return "%s, %s %s".formatted(Places.name(address), side.formatted(offset), allocation);
  }
}
