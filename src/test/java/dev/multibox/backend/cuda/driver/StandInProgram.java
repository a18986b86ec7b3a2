package dev.multibox.backend.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import com.google.errorprone.annotations.FormatMethod;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Makes every call of a {@link Driver} on a {@link JCudaDriver}, in a process of its own whose
 * {@code libcuda.so.1} says what it is called with. What follows {@code #} is this program's.
 */
final class StandInProgram {
  private static final byte[] PTX =
      """
      .visible .entry scale(
        .param .u64 scale_param_0, .param .u32 scale_param_1,
        .param .f32 scale_param_2, .param .align 4 .b8 scale_param_3[8])
      """
          .getBytes(StandardCharsets.UTF_8);

  private final Driver driver;
  private final Arena arena;

  private StandInProgram(Driver driver, Arena arena) {
    this.driver = driver;
    this.arena = arena;
  }

  /** {@code args[0]} is the library that stands in, {@code args[1]} the part of the calls. */
  @SuppressWarnings("restricted")
  public static void main(String[] args) throws IOException {
    System.load(args[0]);
    try (Arena arena = Arena.ofConfined()) {
      if (args[1].equals("count")) {
        say("%d GPUs, the second a %s", JCudaDriver.count(), JCudaDriver.properties(1));
        return;
      }
      JCudaDriver driver = JCudaDriver.open(1);
      say("open");
      new StandInProgram(driver, arena).run(args[1]);
      driver.close();
    } catch (DriverException | IllegalArgumentException e) {
      say("%s: %s", e.getClass().getSimpleName(), e.getMessage());
    }
  }

  @FormatMethod
  private static void say(String text, @Nullable Object... args) {
    System.out.println("# " + String.format(Locale.ROOT, text, args));
  }

  private void run(String part) {
    switch (part) {
      case "memory" -> memory();
      case "leftovers" -> {
        driver.allocatePinned(8, arena);
        driver.allocate(16);
      }
      case "streams" -> streams();
      case "kernels" -> kernels();
      case "graphs" -> graphs();
      case "threads" -> threads();
      case "refusals" -> refusals();
      default -> throw new IllegalArgumentException(part);
    }
  }

  private MemorySegment bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(bytes);
  }

  private void memory() {
    say("free %d", driver.freeBytes());
    long address = driver.allocate(4096);
    say("allocated 0x%x", address);
    long other = driver.allocate(1);
    driver.upload(bytes(1, 2, 255), address + 16);
    driver.upload(arena.allocateFrom(JAVA_BYTE, (byte) 9), address + 32);
    MemorySegment onHeap = MemorySegment.ofArray(new byte[3]);
    driver.download(address + 64, onHeap);
    say("downloaded %s", Arrays.toString(onHeap.toArray(JAVA_BYTE)));
    MemorySegment offHeap = arena.allocate(2);
    driver.download(address + 128, offHeap);
    say("downloaded %s", Arrays.toString(offHeap.toArray(JAVA_BYTE)));
    try (Arena pages = Arena.ofConfined()) {
      say("pinned %d", driver.allocatePinned(1 << 20, pages).byteSize());
    }
    driver.free(address);
    driver.synchronize();
    driver.free(other);
  }

  private void streams() {
    MemorySegment pinned = driver.allocatePinned(4, arena);
    pinned.copyFrom(bytes(7, 8, 9, 10));
    Stream stream = driver.newStream();
    say("handle 0x%x", stream.handle());
    stream.upload(pinned.asSlice(1, 3), 0x1000);
    stream.download(0x2000, pinned);
    say("downloaded %s", Arrays.toString(pinned.toArray(JAVA_BYTE)));
    stream.copy(0x3000, 0x4000, 5L << 30);
    stream.fill(0x5000, 6L << 30, (byte) -1);
    Event start = driver.newEvent();
    Event end = driver.newEvent();
    stream.record(start);
    stream.waitFor(end);
    say("done %b", end.isDone());
    end.synchronize();
    say("%.1f ms", end.millisSince(start));
    start.close();
    end.close();
    stream.synchronize();
    stream.close();
  }

  private void kernels() {
    KernelModule module = driver.load("scale.ptx", PTX);
    Kernel kernel = module.kernel("scale");
    say("%s %s", kernel.name(), kernel.attributes());
    kernel.allowDynamicShared(65_536);
    say("variable at 0x%x", module.address("table"));
    Stream stream = driver.newStream();
    Launch launch = Launch.of(kernel).grid(70_000, 2, 3).block(32, 4, 5).shared(1024);
    launch.arg(0x700000001234L).arg(-5).arg(0.25f).arg(bytes(1, 2, 3, 4, 5, 6, 7, 8)).run(stream);
    launch.grid(1).block(1).shared(0).arg(1L).arg(2).arg(3f).arg(bytes(0, 0, 0, 0, 0, 0, 0, 0));
    launch.run(stream);
    stream.close();
    module.close();
  }

  private void graphs() {
    Stream stream = driver.newStream();
    Graph graph =
        stream.capture(() -> {
          say("captures %b", stream.isCapturing());
          stream.fill(0x1000, 16, (byte) 0);
        });
    say("captured %d, captures %b", graph.size(), stream.isCapturing());
    stream.launch(graph);
    graph.close();
    try {
      stream.capture(() -> {
        throw new IllegalStateException("in the middle");
      });
    } catch (IllegalStateException e) {
      say("%s, captures %b", e.getMessage(), stream.isCapturing());
    }
    stream.close();
  }

  private void threads() {
    Thread other = Thread.ofPlatform().unstarted(() -> driver.free(driver.allocate(8)));
    other.start();
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void refusals() {
    refuse(() -> driver.allocate(0));
    refuse(() -> driver.load("bad.ptx", "faulty".getBytes(StandardCharsets.UTF_8)));
    refuse(() -> driver.load("scale.ptx", PTX).kernel("absent"));
    refuse(() -> driver.newStream().upload(arena.allocate(4), 0x1000));
  }

  private static void refuse(Runnable call) {
    try {
      call.run();
    } catch (DriverException | IllegalArgumentException e) {
      say("%s: %s", e.getClass().getSimpleName(), e.getMessage());
    }
  }
}
