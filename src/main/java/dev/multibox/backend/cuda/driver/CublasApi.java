package dev.multibox.backend.cuda.driver;

/**
 * Matrix products by cuBLAS, which puts its work on one stream. Matrices are row-major, as tensors
 * are. One thread at a time.
 */
public interface CublasApi extends AutoCloseable {
  /** For example 120603 for 12.6.3. */
  int version();

  /**
   * {@code c = a b}, with {@code a [m, k]}, {@code b [k, n]} and {@code c [m, n]} in F32, summed in
   * F32 or, if {@code tf32}, with factors rounded to TF32.
   *
   * @param adds whether the product is added to {@code c}
   */
  void multiply(int m, int n, int k, long a, long b, long c, boolean adds, boolean tf32);

  /** Memory for its work from now on: what it would allocate itself cannot be captured. */
  void setWorkspace(long address, long bytes);

  @Override
  void close();
}
