package dev.multibox.backend.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Spreads a loop over the cores: the calling thread and a fixed set of helpers take chunks of it
 * until none is left. Which thread gets which chunk varies, where chunks begin and end does not.
 */
public final class Parallel implements AutoCloseable {
  /** How long a helper looks for the next loop before it sleeps. */
  private static final int SPINS = 2_000;

  /** The body of a loop over {@code [from, to)}, chunk number {@code chunk}. */
  @FunctionalInterface
  interface Body {
    void run(Scratch scratch, int chunk, long from, long to);
  }

  /** One loop; {@code next} hands out its chunks, {@code done} counts the finished ones. */
  private static final class Loop {
    final long count;
    final long chunkSize;
    final int chunks;
    final Body body;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger done = new AtomicInteger();
    volatile @Nullable Throwable failure;

    Loop(long count, long chunkSize, int chunks, Body body) {
      this.count = count;
      this.chunkSize = chunkSize;
      this.chunks = chunks;
      this.body = body;
    }

    void work(Scratch scratch) {
      for (int chunk = next.getAndIncrement(); chunk < chunks; chunk = next.getAndIncrement()) {
        try {
          long from = chunk * chunkSize;
          body.run(scratch, chunk, from, Math.min(count, from + chunkSize));
        } catch (RuntimeException | Error e) {
          failure = e;
        } finally {
          done.incrementAndGet();
        }
      }
    }
  }

  private final Thread[] helpers;
  private final Scratch callerScratch = new Scratch();
  private final Scratch shared = new Scratch();
  private final AtomicLong generation = new AtomicLong();
  private volatile @Nullable Loop current;
  private volatile boolean closed;

  /** Starts {@code threads - 1} helpers. */
  Parallel(int threads) {
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = Thread.ofPlatform().daemon().name("multibox-cpu-" + i).unstarted(this::help);
    }
    for (Thread helper : helpers) {
      helper.start();
    }
  }

  int threads() {
    return helpers.length + 1;
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
   * and waits for all of them. One thread calls this at a time, never from within a body.
   */
  void forChunks(long count, long chunkSize, Body body) {
    int chunks = chunks(count, chunkSize);
    if (chunks <= 1 || helpers.length == 0) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        long from = chunk * chunkSize;
        body.run(callerScratch, chunk, from, Math.min(count, from + chunkSize));
      }
      return;
    }
    Loop loop = new Loop(count, chunkSize, chunks, body);
    current = loop;
    generation.incrementAndGet();
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    loop.work(callerScratch);
    while (loop.done.get() < chunks) {
      Thread.onSpinWait();
    }
    current = null;
    Throwable failure = loop.failure;
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private void help() {
    Scratch scratch = new Scratch();
    long seen = 0;
    while (!closed) {
      int spins = 0;
      while (generation.get() == seen && !closed) {
        if (spins++ < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      seen = generation.get();
      Loop loop = current;
      if (loop != null) {
        loop.work(scratch);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}
