package dev.multibox.backend.cuda;

import dev.multibox.backend.Staging;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.Event;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Two page-locked buffers and two on the device, in turn, copied on a stream of its own: while
 * kernels read one, the next is on its way. Events are all that joins the streams.
 */
final class CudaStaging implements Staging, AutoCloseable {
  /** Buffers on either side. */
  static final int TURNS = 2;

  private final Stream compute;
  private final Stream copies;
  private final Arena pinned = Arena.ofShared();
  private final Turn[] turns = new Turn[TURNS];
  private int next;
  private boolean sent;

  CudaStaging(Driver driver, Stream compute, Stream copies, long bytes, TensorArena arena) {
    this.compute = compute;
    this.copies = copies;
    for (int i = 0; i < TURNS; i++) {
      turns[i] =
          new Turn(
              driver.allocatePinned(Math.max(1, bytes), pinned),
              arena.allocate(Shape.of(bytes), DType.U8),
              driver.newEvent(),
              driver.newEvent());
    }
  }

  /**
   * One buffer on either side.
   *
   * @param copied happens when the host may write again
   * @param read happens when the kernels that were asked for have read the device's
   */
  private record Turn(MemorySegment host, Tensor device, Event copied, Event read) {}

  @Override
  public MemorySegment host() {
    if (sent) {
      compute.record(turns[next].read());
      next = (next + 1) % TURNS;
      sent = false;
    }
    turns[next].copied().synchronize();
    return turns[next].host();
  }

  @Override
  public Tensor send(long bytes) {
    Turn turn = turns[next];
    copies.waitFor(turn.read());
    if (bytes > 0) {
      copies.upload(turn.host().asSlice(0, bytes), turn.device().address());
    }
    copies.record(turn.copied());
    compute.waitFor(turn.copied());
    sent = true;
    return turn.device().slice(0, Shape.of(bytes));
  }

  @Override
  public void close() {
    for (Turn turn : turns) {
      turn.copied().synchronize();
      turn.copied().close();
      turn.read().close();
    }
    pinned.close();
  }
}
