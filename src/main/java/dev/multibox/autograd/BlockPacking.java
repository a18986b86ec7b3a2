package dev.multibox.autograd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places blocks of memory in one slab, so that no two overlap that are used at the same time.
 * Finding the lowest slab is NP-hard; taking one block after the other, each to the tightest gap it
 * fits into, comes within a few percent of the bound below which no slab can be (Pisarchyk and Lee,
 * Efficient Memory Management for Deep Neural Net Inference, 2020, section 4), and of several
 * orders to take them in the best is kept.
 */
final class BlockPacking {
  /**
   * A block and when it is used.
   *
   * @param bytes its size
   * @param first when it is used first
   * @param last when it is used last, at least {@code first}; less for one that never is
   */
  record Block(long bytes, int first, int last) {
    private boolean isUsed() {
      return first <= last;
    }

    private boolean meets(Block other) {
      return first <= other.last && other.first <= last;
    }

    private long uses() {
      return last - first + 1L;
    }
  }

  private static final Comparator<Block> LARGEST =
      Comparator.comparingLong(Block::bytes).reversed();

  private static final List<Comparator<Block>> ORDERS =
      List.of(
          LARGEST.thenComparingInt(Block::first),
          LARGEST.thenComparing(Comparator.comparingLong(Block::uses).reversed()),
          Comparator.comparingLong(Block::uses).reversed().thenComparing(LARGEST),
          Comparator.comparingDouble((Block block) -> (double) block.bytes() * block.uses())
              .reversed(),
          Comparator.comparingInt(Block::first).thenComparing(LARGEST));

  /** A block that has its place. */
  private record Placed(Block block, long offset) {
    private long end() {
      return offset + block.bytes();
    }
  }

  private final List<Block> blocks;
  private long[] offsets;
  private long bytes = Long.MAX_VALUE;

  private BlockPacking(List<Block> blocks) {
    this.blocks = List.copyOf(blocks);
    offsets = new long[blocks.size()];
    ORDERS.forEach(this::tryOrder);
  }

  static BlockPacking of(List<Block> blocks) {
    return new BlockPacking(blocks);
  }

  /** The place of each block, in their order. */
  long[] offsets() {
    return offsets.clone();
  }

  /** What the slab needs. */
  long bytes() {
    return bytes;
  }

  /** The most that is in use at one time: no slab can be smaller. */
  static long liveBytes(List<Block> blocks) {
    int end = blocks.stream().mapToInt(Block::last).max().orElse(-1) + 1;
    long[] change = new long[end + 1];
    for (Block block : blocks) {
      if (block.isUsed()) {
        change[block.first()] += block.bytes();
        change[block.last() + 1] -= block.bytes();
      }
    }
    long live = 0;
    long most = 0;
    for (long difference : change) {
      live += difference;
      most = Math.max(most, live);
    }
    return most;
  }

  private void tryOrder(Comparator<Block> order) {
    List<Integer> indices = new ArrayList<>();
    long end = 0;
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).isUsed()) {
        indices.add(i);
      } else {
        // It may lie on any other, at the start of the slab.
        end = Math.max(end, blocks.get(i).bytes());
      }
    }
    indices.sort(Comparator.comparing(blocks::get, order).thenComparing(index -> index));
    long[] found = new long[blocks.size()];
    List<Placed> placed = new ArrayList<>(); // by offset
    for (int index : indices) {
      Placed next = place(blocks.get(index), placed);
      found[index] = next.offset();
      end = Math.max(end, next.end());
    }
    if (end < bytes) {
      bytes = end;
      offsets = found;
    }
  }

  /** Puts a block into the smallest gap between those it meets, or else behind them. */
  private static Placed place(Block block, List<Placed> placed) {
    long free = 0;
    long best = -1;
    long bestRoom = Long.MAX_VALUE;
    for (Placed other : placed) {
      if (other.block().meets(block)) {
        long room = other.offset() - free;
        if (room >= block.bytes() && room < bestRoom) {
          best = free;
          bestRoom = room;
        }
        free = Math.max(free, other.end());
      }
    }
    Placed next = new Placed(block, best < 0 ? free : best);
    int at = 0;
    while (at < placed.size() && placed.get(at).offset() <= next.offset()) {
      at++;
    }
    placed.add(at, next);
    return next;
  }
}
