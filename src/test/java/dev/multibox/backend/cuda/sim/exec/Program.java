package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Rows;
import dev.multibox.backend.cuda.sim.memory.SharedMemory;
import java.util.ArrayList;
import java.util.List;

/** A kernel, ready to run. */
public final class Program {
  private final String name;
  private final BasicBlock[] blocks;
  private final PostDominators passed;
  private final Rows rows;
  private final Frames frames;
  private final int maxThreads;
  private final Traits traits;

  Program(
      String name, BasicBlock[] blocks, Rows rows, Frames frames, int maxThreads, Traits traits) {
    this.name = name;
    this.blocks = blocks;
    this.rows = rows;
    this.frames = frames;
    this.maxThreads = maxThreads;
    this.traits = traits;
    passed = PostDominators.of(blocks);
    for (int i = 0; i < blocks.length; i++) {
      blocks[i].reconvergence = passed.of(i);
    }
  }

  /** The kernel's name. */
  public String name() {
    return name;
  }

  /** The blocks of the kernel, the first one first, and of all functions it calls. */
  BasicBlock[] blocks() {
    return blocks;
  }

  /** Which blocks every way from a block to the end passes. */
  PostDominators passed() {
    return passed;
  }

  /** The registers that a warp needs. */
  Rows rows() {
    return rows;
  }

  /** What may be used of shared memory, with {@code dynamicBytes} of a launch's own. */
  List<SharedMemory.Range> shared(int dynamicBytes) {
    List<SharedMemory.Range> ranges = new ArrayList<>(frames.shared());
    if (dynamicBytes > 0) {
      ranges.add(new SharedMemory.Range(frames.dynamicOffset(), dynamicBytes));
    }
    return ranges;
  }

  /** What the variables in shared memory take on a GPU. */
  public int sharedBytes() {
    return frames.sharedBytes();
  }

  /** Local memory per lane. */
  public int localBytes() {
    return frames.localBytes();
  }

  /** The largest block; 0 if nothing is said. */
  public int maxThreads() {
    return maxThreads;
  }

  Traits traits() {
    return traits;
  }
}
