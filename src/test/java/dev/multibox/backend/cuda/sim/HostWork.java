package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.backend.cuda.sim.memory.Footprint;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Work that the host does in place of the device, on device memory: copies and fills, and what the
 * libraries would do whose kernels are not simulated.
 */
public final class HostWork extends Work {
  private final List<Range> reads;
  private final List<Range> writes;
  private final Consumer<DeviceMemory> body;

  /**
   * @param name what messages call it
   * @param reads all that it reads
   * @param writes all that it writes
   * @param body does it, with {@link DeviceMemory#read} and {@link DeviceMemory#write}
   */
  public HostWork(String name, List<Range> reads, List<Range> writes, Consumer<DeviceMemory> body) {
    super(name);
    this.reads = List.copyOf(reads);
    this.writes = List.copyOf(writes);
    this.body = body;
  }

  @Override
  Touched run(SimulatedDriver driver, boolean keep) {
    for (Range range : reads) {
      driver.checkRange(name(), range);
    }
    for (Range range : writes) {
      driver.checkRange(name(), range);
    }
    body.accept(driver.memory());
    driver.countOther(Stream.concat(reads.stream(), writes.stream()).mapToLong(Range::bytes).sum());
    if (!keep) {
      return Touched.nothing(name());
    }
    Footprint footprint = driver.simulation().footprints().newFootprint();
    reads.forEach(range -> footprint.mark(range.address(), range.bytes(), false));
    writes.forEach(range -> footprint.mark(range.address(), range.bytes(), true));
    return new Touched(name(), List.of(footprint), List.of());
  }
}
