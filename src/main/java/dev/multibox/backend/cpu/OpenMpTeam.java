package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * The threads that oneDNN computes with, lent to Java: {@code GOMP_parallel} of the OpenMP runtime
 * calls back into this class on each of them.
 *
 * <p>A training step alternates between native convolutions and loops in Java some hundred times.
 * With a pool of its own each side's threads would stand in the other's way: spinning, they hold a
 * core that the other side needs, and sleeping, they have to be woken every time. One pool can spin
 * between the two.
 */
@SuppressWarnings("restricted")
final class OpenMpTeam implements Team {
  private static final String PARALLEL = "GOMP_parallel";
  private static final int NO_FLAGS = 0;

  private final int threads;
  private final MethodHandle parallel;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment callback;
  private volatile Runnable work = () -> {};

  private OpenMpTeam(int threads, MemorySegment function) {
    this.threads = threads;
    parallel =
        Linker.nativeLinker()
            .downcallHandle(
                function, FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));
    try {
      MethodHandle member =
          MethodHandles.lookup()
              .findVirtual(
                  OpenMpTeam.class,
                  "member",
                  MethodType.methodType(void.class, MemorySegment.class))
              .bindTo(this);
      callback =
          Linker.nativeLinker().upcallStub(member, FunctionDescriptor.ofVoid(ADDRESS), arena);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The team of this OpenMP runtime; empty if it is one that has no {@code GOMP_parallel}. */
  static Optional<Team> of(int threads, SymbolLookup openMp) {
    return openMp.find(PARALLEL).map(function -> new OpenMpTeam(threads, function));
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public void run(Runnable job) {
    work = job;
    try {
      parallel.invokeExact(callback, MemorySegment.NULL, threads, NO_FLAGS);
    } catch (Throwable e) {
      throw new IllegalStateException(PARALLEL, e);
    }
  }

  /** Called by OpenMP; what is thrown here would end the JVM, so the work must not throw. */
  @SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // By its name, in the constructor.
  private void member(MemorySegment nothing) {
    work.run();
  }

  @Override
  public void close() {
    arena.close();
  }
}
