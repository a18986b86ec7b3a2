package dev.multibox.backend.cuda.sim.report;

/** The extents of a grid or a block, or a place in one. */
public record Dim3(int x, int y, int z) {
  public long size() {
    return (long) x * y * z;
  }

  /** The place with that number, counted along x, then y, then z. */
  public Dim3 at(long index) {
    long row = index / x;
    return new Dim3((int) (index % x), (int) (row % y), (int) (row / y));
  }

  @Override
  public String toString() {
    return "(%d,%d,%d)".formatted(x, y, z);
  }
}
