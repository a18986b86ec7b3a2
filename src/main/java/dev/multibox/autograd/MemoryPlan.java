package dev.multibox.autograd;

import dev.multibox.backend.dry.DryBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Where each tensor of a step lies in one slab, known before the step is run. It follows from a dry
 * run, which tells the order of allocations and between which kernels each tensor is used: a tensor
 * gives its place away behind its last use, whether or not the step holds it longer.
 */
public final class MemoryPlan {
  private final long[] sizes;
  private final long[] offsets;
  private final long bytes;
  private final long liveBytes;

  private MemoryPlan(List<BlockPacking.Block> blocks) {
    BlockPacking packing = BlockPacking.of(blocks);
    sizes = blocks.stream().mapToLong(BlockPacking.Block::bytes).toArray();
    offsets = packing.offsets();
    bytes = packing.bytes();
    liveBytes = BlockPacking.liveBytes(blocks);
  }

  /**
   * The plan of {@code step}, which is run once.
   *
   * @param dry what the step runs on
   * @param step takes all its memory from what it is given, and returns it
   * @throws IllegalStateException if it does not return all, or returns all more than once
   */
  public static MemoryPlan of(DryBackend dry, Consumer<StepMemory> step) {
    Recorder recorder = new Recorder(dry.newArena());
    dry.tell(recorder::touched);
    step.accept(recorder);
    dry.tell(_ -> {});
    return new MemoryPlan(recorder.finish());
  }

  /** The number of tensors that a step takes. */
  public int allocations() {
    return sizes.length;
  }

  /** What the slab needs: the peak of the step. */
  public long bytes() {
    return bytes;
  }

  /** The most that is in use at one time, below which no plan could be. */
  public long liveBytes() {
    return liveBytes;
  }

  /** The bytes set aside for allocation {@code index} of a step. */
  long size(int index) {
    return sizes[index];
  }

  /** The place of allocation {@code index} of a step, from the start of the slab. */
  long offset(int index) {
    return offsets[index];
  }

  /** Gives every tensor an address of its own, and remembers when it was touched. */
  private static final class Recorder implements StepMemory {
    private final TensorArena arena;
    private final List<BlockPacking.Block> blocks = new ArrayList<>();
    private final TreeMap<Long, Integer> blockAt = new TreeMap<>();
    private final Set<Tensor> handedOut = new HashSet<>();
    private int now;
    private boolean complete;

    Recorder(TensorArena arena) {
      this.arena = arena;
    }

    @Override
    public Tensor allocate(Shape shape, DType dtype) {
      if (complete) {
        throw new IllegalStateException("plan: the step took memory after it had returned all");
      }
      Tensor tensor = arena.allocate(shape, dtype);
      blockAt.put(tensor.address(), blocks.size());
      blocks.add(new BlockPacking.Block(TensorArena.padded(tensor.bytes()), 0, -1));
      handedOut.add(tensor);
      return tensor;
    }

    @Override
    public void release(Tensor tensor) {
      if (!handedOut.remove(tensor)) {
        throw new IllegalStateException("release: %s is not handed out".formatted(tensor));
      }
      complete = handedOut.isEmpty();
    }

    @Override
    public long reservedBytes() {
      return arena.allocatedBytes();
    }

    void touched(List<Tensor> tensors) {
      tensors.forEach(this::touched);
      now++;
    }

    private void touched(Tensor tensor) {
      Map.Entry<Long, Integer> found = blockAt.floorEntry(tensor.address());
      if (found == null) {
        return;
      }
      BlockPacking.Block block = blocks.get(found.getValue());
      if (tensor.address() < found.getKey() + block.bytes()) {
        int first = block.last() < 0 ? now : block.first();
        blocks.set(found.getValue(), new BlockPacking.Block(block.bytes(), first, now));
      }
    }

    List<BlockPacking.Block> finish() {
      if (!complete && !blocks.isEmpty()) {
        throw new IllegalStateException(
            "plan: the step kept %d tensors, wanted all returned".formatted(handedOut.size()));
      }
      return blocks;
    }
  }
}
