package dev.multibox.backend.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Spreads a loop over the cores: the threads of a {@link Team} take chunks of it until none is
 * left. Which thread gets which chunk varies, where chunks begin and end does not.
 */
public final class Parallel implements AutoCloseable {
  /** The body of a loop over {@code [from, to)}, chunk number {@code chunk}. */
  @FunctionalInterface
  interface Body {
    void run(Scratch scratch, int chunk, long from, long to);
  }

  /** One loop; {@code nextThread} hands out arrays, {@code nextChunk} what is to be done. */
  private static final class Loop implements Runnable {
    private final long count;
    private final long chunkSize;
    private final int chunks;
    private final Body body;
    private final Scratch[] scratches;
    private final AtomicInteger nextThread = new AtomicInteger();
    private final AtomicInteger nextChunk = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    Loop(long count, long chunkSize, Body body, Scratch[] scratches) {
      this.count = count;
      this.chunkSize = chunkSize;
      this.body = body;
      this.scratches = scratches;
      chunks = chunks(count, chunkSize);
    }

    @Override
    public void run() {
      Scratch scratch = scratches[nextThread.getAndIncrement()];
      try {
        for (int chunk = nextChunk.getAndIncrement();
            chunk < chunks;
            chunk = nextChunk.getAndIncrement()) {
          long from = chunk * chunkSize;
          body.run(scratch, chunk, from, Math.min(count, from + chunkSize));
        }
      } catch (RuntimeException | Error e) {
        failure = e;
        nextChunk.set(chunks);
      }
    }

    void rethrow() {
      switch (failure) {
        case Error error -> throw error;
        case RuntimeException exception -> throw exception;
        case null, default -> {}
      }
    }
  }

  private final Team team;
  private final Scratch[] scratches;
  private final Scratch shared = new Scratch();

  /** Loops on the threads of {@code team}, which is closed with this. */
  Parallel(Team team) {
    this.team = team;
    scratches = new Scratch[team.threads()];
    for (int i = 0; i < scratches.length; i++) {
      scratches[i] = new Scratch();
    }
  }

  int threads() {
    return team.threads();
  }

  /** Arrays that the caller fills before a loop, all bodies may use, and the next kernel reuses. */
  Scratch shared() {
    return shared;
  }

  /** The number of chunks {@link #forChunks} makes of a loop. */
  static int chunks(long count, long chunkSize) {
    return Math.toIntExact(Math.ceilDiv(count, chunkSize));
  }

  /**
   * Runs {@code body} on {@code [0, count)} in chunks of {@code chunkSize}, the last one shorter,
   * and waits for all of them. One thread calls this at a time, never from within a body. What a
   * body throws is thrown here, and chunks that have not begun are left out.
   */
  void forChunks(long count, long chunkSize, Body body) {
    Loop loop = new Loop(count, chunkSize, body, scratches);
    if (loop.chunks <= 1 || threads() == 1) {
      loop.run();
    } else {
      team.run(loop);
    }
    loop.rethrow();
  }

  @Override
  public void close() {
    team.close();
  }
}
