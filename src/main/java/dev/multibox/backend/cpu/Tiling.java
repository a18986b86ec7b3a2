package dev.multibox.backend.cpu;

import dev.multibox.tensor.Tensor;
import java.util.Arrays;

/**
 * How a tensor is cut: into chunks of whole rows, which the cores take, and each chunk into tiles
 * of whole rows, which stay in the first-level cache. Both follow from the shape alone. A row is
 * what a per-channel vector belongs to; in a flat tiling it is one element.
 *
 * <p>A kernel over rows reads its per-channel vectors through {@link #expand}, which repeats them
 * until a tile is full, so that every loop runs flat over a whole tile whatever the number of
 * channels.
 */
final class Tiling {
  /** Elements of a tile: eight of these arrays fit the first-level cache. */
  static final int TILE = 1024;

  /** Tiles of a chunk, as few as make waking another core worth it. */
  private static final int TILES = 32;

  /** Elements of a chunk of about the usual size, for kernels that cut otherwise. */
  static final int CHUNK = TILES * TILE;

  /** What a kernel does with one tile. */
  @FunctionalInterface
  interface Body {
    void run(Tile tile);
  }

  /** What a kernel does with one chunk: one or more passes over its tiles. */
  @FunctionalInterface
  interface ChunkBody {
    void run(Tile tile, int chunk);
  }

  private final Parallel parallel;
  private final long size;
  private final int channels;
  private final int tile;
  private final int chunk;
  private int expanded;

  private Tiling(Parallel parallel, long size, int channels) {
    this.parallel = parallel;
    this.size = size;
    this.channels = channels;
    this.tile = Math.max(1, TILE / channels) * channels;
    this.chunk = Math.multiplyExact(tile, TILES);
  }

  /** A tiling of a tensor without regard to its shape. */
  static Tiling flat(Parallel parallel, Tensor x) {
    return new Tiling(parallel, x.size(), 1);
  }

  /** A tiling of {@code x [..., C]} into rows of {@code C} channels. */
  static Tiling byChannel(Parallel parallel, Tensor x) {
    return new Tiling(parallel, x.size(), Math.max(1, x.shape().intDim(-1)));
  }

  int channels() {
    return channels;
  }

  int chunks() {
    return Parallel.chunks(size, chunk);
  }

  /** Runs {@code body} on every tile, in any order. */
  void forEach(Body body) {
    forEachChunk((tile, _) -> {
      while (tile.next()) {
        body.run(tile);
      }
    });
  }

  /** Runs {@code body} on every chunk, in any order, with a tile that stands before its first. */
  void forEachChunk(ChunkBody body) {
    parallel.forChunks(
        size,
        chunk,
        (scratch, number, from, to) ->
            body.run(new Tile(scratch, channels, tile, from, to), number));
  }

  /**
   * Runs {@code body}, which adds to {@link Tile#sum}, on every tile, and returns the totals: sum
   * {@code s} of channel {@code c} at {@code [s C + c]}. Within a chunk each place of a tile is
   * summed in float, at most {@value #TILES} terms; places and then chunks are joined in double, in
   * order.
   */
  double[] sums(int sums, Body body) {
    int width = sums * channels;
    double[] partial = parallel.shared().doubles(0, Math.multiplyExact(chunks(), width));
    forEachChunk((tile, chunk) -> {
      for (int s = 0; s < sums; s++) {
        tile.clearSum(s);
      }
      while (tile.next()) {
        body.run(tile);
      }
      for (int s = 0; s < sums; s++) {
        tile.fold(s, partial, chunk * width + s * channels);
      }
    });
    double[] total = parallel.shared().doubles(1, width);
    Arrays.fill(total, 0, width, 0);
    for (int chunk = 0; chunk < chunks(); chunk++) {
      for (int i = 0; i < width; i++) {
        total[i] += partial[chunk * width + i];
      }
    }
    return total;
  }

  /** The values of all channels of an F32 or F16 vector, repeated over the rows of a tile. */
  float[] expand(Tensor values) {
    return expand(values, 0);
  }

  /** The same of a tensor whose last axis is the channels, from element {@code from} on. */
  float[] expand(Tensor values, long from) {
    float[] vector = row(values, from);
    repeat(vector);
    return vector;
  }

  /** The same for the first row alone, to compute with and then {@link #repeat}. */
  float[] row(Tensor values, long from) {
    float[] vector = parallel.shared().floats(expanded++, tile);
    FloatStretch.read(
        parallel.shared(), values, from, Math.toIntExact(values.shape().dim(-1)), vector);
    return vector;
  }

  /** Repeats the first row of a tile over the others. */
  void repeat(float[] vector) {
    for (int done = channels; done < tile; done *= 2) {
      System.arraycopy(vector, 0, vector, done, Math.min(done, tile - done));
    }
  }
}
