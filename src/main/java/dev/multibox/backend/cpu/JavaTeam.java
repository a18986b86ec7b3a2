package dev.multibox.backend.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Threads of Java that wait for work, for backends that compute with nothing else. */
final class JavaTeam implements Team {
  /** How long a thread looks for the next work before it sleeps. */
  private static final int SPINS = 2_000;

  /** One call of {@link #run}; a thread that finds it over does not begin. */
  private static final class Job {
    private static final int OVER = Integer.MIN_VALUE;

    private final Runnable work;
    private final AtomicInteger running = new AtomicInteger(1);

    Job(Runnable work) {
      this.work = work;
    }

    void join() {
      if (running.getAndUpdate(n -> n < 1 ? OVER : n + 1) >= 1) {
        try {
          work.run();
        } finally {
          running.decrementAndGet();
        }
      }
    }
  }

  private final Thread[] helpers;
  // One reference says both that there is work and which: a thread that read the two apart could
  // find the same work twice.
  private volatile @Nullable Job current;
  private volatile boolean closed;

  JavaTeam(int threads) {
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = Thread.ofPlatform().daemon().name("multibox-cpu-" + i).unstarted(this::help);
    }
    for (Thread helper : helpers) {
      helper.start();
    }
  }

  @Override
  public int threads() {
    return helpers.length + 1;
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on the yield but speed.
  public void run(Runnable work) {
    Job job = new Job(work);
    current = job;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    work.run();
    for (int spins = 0; !job.running.compareAndSet(1, Job.OVER); spins++) {
      // A helper that is at work but has no core, on a busy machine, gets this one.
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    current = null;
  }

  private void help() {
    Job seen = null;
    while (!closed) {
      for (int spins = 0; current == seen && !closed; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      Job job = current;
      if (job != null && job != seen) {
        job.join();
      }
      seen = job;
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
