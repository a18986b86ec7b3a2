package dev.multibox.backend.cuda.sim.memory;

/** A stretch of memory that is backed: its data, the state of each byte, and cells per word. */
final class Chunk {
  static final int BITS = 18;
  static final int BYTES = 1 << BITS;

  /** Bytes of a cell: the stamps of the last write and the last read, then the sites of both. */
  static final int CELL_BYTES = 24;

  static final int READ = 8;
  static final int WRITE_SITE = 16;
  static final int READ_SITE = 20;

  private static final int BYTES_OF_WORD = 4;
  private static final long PLANE_BYTES = (long) BYTES / BYTES_OF_WORD * CELL_BYTES;

  final long data;
  final long state;

  private final HostPages pages;

  /** Four planes per simulating thread: the cells of each word, then those of its other bytes. */
  private final long[] planes;

  Chunk(HostPages pages, int workers) {
    this.pages = pages;
    data = pages.take(BYTES);
    state = pages.take(BYTES);
    planes = new long[workers * BYTES_OF_WORD];
  }

  /** Where the cells of whole words begin, for one simulating thread. */
  long wordCells(int worker) {
    return plane(worker, 0);
  }

  /** The cell of the byte at {@code offset}, for a word that is watched more finely. */
  long cell(int worker, int offset) {
    int inWord = offset & 3;
    return plane(worker, inWord) + (long) (offset >>> 2) * CELL_BYTES;
  }

  private long plane(int worker, int inWord) {
    int index = worker * BYTES_OF_WORD + inWord;
    if (planes[index] == 0) {
      planes[index] = pages.take(PLANE_BYTES);
    }
    return planes[index];
  }

  /** Forgets who touched what, for one simulating thread. */
  void clearCells(int worker) {
    for (int inWord = 0; inWord < BYTES_OF_WORD; inWord++) {
      long plane = planes[worker * BYTES_OF_WORD + inWord];
      if (plane != 0) {
        Raw.fill(plane, PLANE_BYTES, (byte) 0);
      }
    }
  }
}
