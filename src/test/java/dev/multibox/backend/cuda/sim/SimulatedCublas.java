package dev.multibox.backend.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.cuda.driver.CublasApi;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;

/**
 * Matrix products on the simulated memory, done by the CPU as gradients of 1x1 convolutions. Holds
 * its caller to a workspace of its own, without which the work could not be captured.
 */
public final class SimulatedCublas implements CublasApi {
  private final HostConvolution host;
  private long workspaceBytes;
  private int products;

  /** One whose work is that of {@code host}, on its stream. */
  public SimulatedCublas(HostConvolution host) {
    this.host = host;
  }

  /** How many products there were. */
  public int products() {
    return products;
  }

  @Override
  public int version() {
    return 130_101;
  }

  @Override
  public void multiply(int m, int n, int k, long a, long b, long c, boolean adds, boolean tf32) {
    assertThat(workspaceBytes).isPositive();
    products++;
    host.enqueueBackwardData(
        Tensor.unowned(Shape.of(m, 1, 1, k), DType.F32, a),
        Tensor.unowned(Shape.of(k, 1, 1, n), DType.F32, b),
        ConvolutionParams.of(1, 0),
        Tensor.unowned(Shape.of(m, 1, 1, n), DType.F32, c),
        adds ? Accumulate.ADD : Accumulate.OVERWRITE);
  }

  @Override
  public void setWorkspace(long address, long bytes) {
    assertThat(address).isPositive().satisfies(at -> assertThat(at % 256).isZero());
    workspaceBytes = bytes;
  }

  @Override
  public void close() {
    workspaceBytes = 0;
  }
}
