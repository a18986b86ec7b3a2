package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.instruction.Worker;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.backend.cuda.sim.memory.Footprint;
import dev.multibox.backend.cuda.sim.memory.FootprintPool;
import dev.multibox.backend.cuda.sim.memory.RaceDetector;
import dev.multibox.backend.cuda.sim.memory.Touch;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.backend.cuda.sim.report.Dim3;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The threads that simulate. The blocks of a launch are dealt to them in turn; each has cells of
 * its own for the races among its blocks, and races between blocks of two threads show when what
 * they touched is compared at the end. So reports do not depend on how fast the threads are.
 */
public final class Simulation implements AutoCloseable {
  /** Launches of fewer threads are not worth dealing out. */
  private static final long LEAST_THREADS = 1024;

  /** What a block's runner is made for. */
  private record RunnerKey(int worker, Program program, Dim3 block) {}

  private final List<Worker> workers = new ArrayList<>();
  private final Map<RunnerKey, BlockRunner> runners = new HashMap<>();
  private final ExecutorService pool;
  private final FootprintPool footprints;

  public Simulation(DeviceMemory memory, int threads) {
    for (int i = 0; i < threads; i++) {
      workers.add(new Worker(memory, i));
    }
    footprints = new FootprintPool(memory);
    pool =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work, "simulated-gpu");
              thread.setDaemon(true);
              return thread;
            });
  }

  public FootprintPool footprints() {
    return footprints;
  }

  /**
   * Runs a launch.
   *
   * @param keepFootprints whether the caller wants to know what was touched
   */
  public Outcome run(Launchable launch, boolean keepFootprints) {
    boolean alone = workers.size() == 1 || launch.isOrdered() || launch.threads() < LEAST_THREADS;
    int threads = alone ? 1 : (int) Math.min(workers.size(), launch.scope().grid().size());
    List<Footprint> touched = new ArrayList<>();
    AtomicBoolean stop = new AtomicBoolean();
    List<Runnable> parts = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Worker worker = workers.get(i);
      Footprint footprint = threads > 1 || keepFootprints ? footprints.newFootprint() : null;
      if (footprint != null) {
        touched.add(footprint);
      }
      start(worker, launch, footprint);
      GridRunner runner = new GridRunner(worker, launch, runner(worker, launch));
      int first = i;
      parts.add(() -> runner.run(first, threads, stop));
    }
    runAll(parts);
    Counters counters = new Counters();
    for (int i = 0; i < threads; i++) {
      counters.add(workers.get(i).memory().counters());
    }
    compare(touched);
    if (!keepFootprints) {
      touched.forEach(Footprint::release);
      touched.clear();
    }
    List<RaceDetector.Runs> runs = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      runs.add(workers.get(i).memory().races().runs());
    }
    return new Outcome(counters, touched, runs, stop.get());
  }

  private static void start(Worker worker, Launchable launch, @Nullable Footprint touched) {
    Program program = launch.program();
    int dynamic = launch.dynamicShared();
    worker.startLaunch(
        launch.scope(), launch.parameters(), dynamic, dynamic + program.sharedBytes());
    worker
        .memory()
        .startLaunch(
            launch.scope(),
            program.traits().havePartialBarriers(),
            program.traits().haveFences(),
            touched);
    worker.memory().setParameters(launch.parameters(), launch.parameterBytes());
  }

  /** What runs blocks of that size; used again, since it has the registers of all warps. */
  private BlockRunner runner(Worker worker, Launchable launch) {
    return runners.computeIfAbsent(
        new RunnerKey(worker.number(), launch.program(), launch.scope().block()),
        key -> new BlockRunner(key.program(), worker, key.block()));
  }

  /**
   * What a launch did.
   *
   * @param touched what it touched, one for each thread that simulated it
   * @param runs by which each of them remembers it
   * @param ended whether a fault ended it
   */
  public record Outcome(
      Counters counters, List<Footprint> touched, List<RaceDetector.Runs> runs, boolean ended) {}

  /** Who wrote, or read, a byte last, if that was in one of {@code runs}; else null. */
  public @Nullable Touch touch(long address, boolean wrote, List<RaceDetector.Runs> runs) {
    for (int i = 0; i < runs.size(); i++) {
      Touch touch = workers.get(i).memory().touch(address, wrote, runs.get(i));
      if (touch != null) {
        return touch;
      }
    }
    return null;
  }

  private void runAll(List<Runnable> parts) {
    List<Future<?>> others = new ArrayList<>();
    for (Runnable part : parts.subList(1, parts.size())) {
      others.add(pool.submit(part));
    }
    try {
      parts.getFirst().run();
    } finally {
      others.forEach(Simulation::join);
    }
  }

  private static void join(Future<?> part) {
    try {
      part.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Reports bytes that blocks of different threads touched without being allowed to. */
  private void compare(List<Footprint> touched) {
    for (int i = 0; i < touched.size(); i++) {
      for (int j = i + 1; j < touched.size(); j++) {
        Footprint.Conflict conflict = touched.get(i).conflictWith(touched.get(j));
        if (conflict != null) {
          workers.get(i).memory().reportConflict(conflict, workers.get(j).memory());
        }
      }
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
