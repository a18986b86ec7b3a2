package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.memory.Access;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.backend.cuda.sim.memory.Request;
import dev.multibox.backend.cuda.sim.memory.WorkerMemory;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.SourceLine;
import dev.multibox.backend.cuda.sim.report.Dim3;
import dev.multibox.backend.cuda.sim.report.FaultKind;
import dev.multibox.backend.cuda.sim.report.LaunchEnd;
import dev.multibox.backend.cuda.sim.report.LaunchScope;
import dev.multibox.backend.cuda.sim.report.Reports;
import dev.multibox.backend.cuda.sim.report.Site;
import dev.multibox.backend.cuda.sim.report.Sites;
import java.util.List;

/** One simulating thread: what it runs at the moment, and its view on memory. */
public final class Worker {
  private static final Site NOWHERE =
      new Site(0, "", new PtxInstruction(0, SourceLine.UNKNOWN, null, "", List.of()));

  private final int number;
  private final WorkerMemory memory;
  private final Request request =
      new Request(new Access(NOWHERE, 4, false, false, Access.Strength.WEAK, false));
  private final StoredValues stored = new StoredValues();
  private LaunchScope scope =
      new LaunchScope("", new Dim3(1, 1, 1), new Dim3(1, 1, 1), new Reports(), new Sites());
  private long parameters;
  private int dynamicShared;
  private int totalShared;
  private long blockIndex;
  private Dim3 block = new Dim3(0, 0, 0);

  public Worker(DeviceMemory device, int number) {
    this.number = number;
    memory = new WorkerMemory(device, number);
  }

  public int number() {
    return number;
  }

  public WorkerMemory memory() {
    return memory;
  }

  Request request() {
    return request;
  }

  StoredValues stored() {
    return stored;
  }

  /**
   * Begins a launch.
   *
   * @param parameterBlock the host address of the argument block
   * @param dynamic dynamic shared memory per block, in bytes
   * @param total all shared memory per block
   */
  public void startLaunch(LaunchScope newScope, long parameterBlock, int dynamic, int total) {
    scope = newScope;
    parameters = parameterBlock;
    dynamicShared = dynamic;
    totalShared = total;
  }

  /** Begins a block. */
  public void startBlock(long index) {
    blockIndex = index;
    block = scope.grid().at(index);
  }

  /** The launch that runs. */
  public LaunchScope scope() {
    return scope;
  }

  /** The host address of the argument block. */
  long parameters() {
    return parameters;
  }

  int dynamicShared() {
    return dynamicShared;
  }

  int totalShared() {
    return totalShared;
  }

  long blockIndex() {
    return blockIndex;
  }

  Dim3 block() {
    return block;
  }

  /** Reports a fault of one of the lanes of a warp. */
  public void report(FaultKind kind, Site site, Warp warp, int lanes, String message) {
    int thread = warp.thread(Integer.numberOfTrailingZeros(lanes));
    scope.report(kind, site, blockIndex, thread, message, "");
  }

  /** Reports a fault of one of the lanes of a warp that ends the launch. */
  public LaunchEnd end(FaultKind kind, Site site, Warp warp, int lanes, String message) {
    report(kind, site, warp, lanes, message);
    return new LaunchEnd();
  }
}
