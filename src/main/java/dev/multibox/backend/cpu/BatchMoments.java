package dev.multibox.backend.cpu;

import dev.multibox.tensor.Tensor;

/**
 * Mean and variance of each channel, without the cancellation of {@code E[x^2] - E[x]^2}: a chunk
 * is summed, then summed again as squares of its distance from its own mean while it is in the
 * cache, and chunks are joined in order in double (Chan, Golub and LeVeque, 1979).
 */
final class BatchMoments {
  private final Tiling rows;
  private final long[] counts;
  private final double[] sums;
  private final double[] squares;

  private BatchMoments(Tiling rows, Scratch shared) {
    this.rows = rows;
    int size = Math.multiplyExact(rows.chunks(), rows.channels());
    this.counts = new long[rows.chunks()];
    this.sums = shared.doubles(0, size);
    this.squares = shared.doubles(1, size);
  }

  /** The moments of {@code x [..., C]}; valid until the next kernel. */
  static BatchMoments of(Parallel parallel, Tensor x) {
    Tiling rows = Tiling.byChannel(parallel, x);
    BatchMoments moments = new BatchMoments(rows, parallel.shared());
    rows.forEachChunk((tile, chunk) -> moments.measure(x, tile, chunk));
    return moments;
  }

  private void measure(Tensor x, Tile tile, int chunk) {
    int first = chunk * rows.channels();
    counts[chunk] = tile.chunkRows();
    tile.clearSum(0);
    while (tile.next()) {
      tile.add(tile.read(x), tile.sum(0));
    }
    tile.fold(0, sums, first);

    // The sums are folded: their places now hold the centres.
    float[] centre = tile.sum(0);
    for (int c = 0; c < rows.channels(); c++) {
      centre[c] = centre(chunk, c);
    }
    rows.repeat(centre);
    float[] square = tile.sum(1);
    tile.clearSum(1);
    tile.rewind();
    while (tile.next()) {
      float[] values = tile.read(x);
      for (int i = 0; i < tile.length(); i++) {
        float distance = values[i] - centre[i];
        square[i] += distance * distance;
      }
    }
    tile.fold(1, squares, first);
  }

  private float centre(int chunk, int channel) {
    return (float) (sums[chunk * rows.channels() + channel] / counts[chunk]);
  }

  int channels() {
    return rows.channels();
  }

  double mean(int channel) {
    double sum = 0;
    long count = 0;
    for (int chunk = 0; chunk < counts.length; chunk++) {
      sum += sums[chunk * rows.channels() + channel];
      count += counts[chunk];
    }
    return sum / count;
  }

  /** The biased variance, given the mean. */
  double variance(int channel, double mean) {
    double sum = 0;
    long count = 0;
    for (int chunk = 0; chunk < counts.length; chunk++) {
      int at = chunk * rows.channels() + channel;
      double average = sums[at] / counts[chunk];
      double rounded = average - centre(chunk, channel);
      double between = average - mean;
      sum += squares[at] + counts[chunk] * (between * between - rounded * rounded);
      count += counts[chunk];
    }
    return Math.max(0, sum / count);
  }
}
