package dev.multibox.backend.cuda;

import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.backend.cuda.sim.report.Counters;
import dev.multibox.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What kernels move, in sectors of 32 bytes as the simulated GPU counts them, beside what they must
 * read and write once. Caches, which the simulator has none of, only lower it.
 */
final class TrafficTable {
  static final int SECTOR = 32;
  private static final double MOST = 1.5;

  /** Under seed 0 warps stay together as they do on a GPU. */
  private final SimulatedDriver driver = SimulatedDriver.open(0);

  private final List<String> lines = new ArrayList<>();
  private final List<String> over = new ArrayList<>();
  private final Map<String, Counters> measured = new HashMap<>();
  private final Set<String> kernels = new TreeSet<>();

  TrafficTable() {
    lines.add("kernel, bytes moved, bytes needed, ratio, bank conflicts, shared requests");
  }

  /** The backend whose kernels are measured. */
  CudaBackend openBackend() {
    return CudaBackend.openUnpooled(driver, HostConvolution::open);
  }

  /** The lines of kernels that move more than half as much again as they must. */
  List<String> over() {
    return over;
  }

  /** The kernels that have a line, as {@link #family} has them. */
  Set<String> kernels() {
    return kernels;
  }

  /** A kernel's name without what it moves at once, which changes nothing else. */
  static String family(String kernel) {
    return kernel.replaceFirst("_(packed|single|whole|ragged)$", "");
  }

  /** Leaves the table in {@code target}. */
  void write(String file) throws IOException {
    Files.createDirectories(Path.of("target"));
    Files.write(Path.of("target", file), lines);
  }

  /** A kernel that touches nothing but its operands. */
  void measure(CudaBackend backend, String kernel, long needed) {
    measure(backend, kernel, "", needed);
  }

  /** The same for a kernel that is measured on several shapes. */
  void measure(CudaBackend backend, String kernel, String shape, long needed) {
    backend.synchronize();
    Counters all = driver.counters(kernel);
    Counters counters = all.since(measured.getOrDefault(kernel, new Counters()));
    Counters before = new Counters();
    before.add(all);
    measured.put(kernel, before);
    kernels.add(family(kernel));
    record(kernel + shape, counters.globalSectors * SECTOR, needed, counters);
  }

  /**
   * A kernel that reads small things again and again, which stay in the cache: vectors of a
   * channel, ground truths, a setting. Bytes beyond its streams are left out as far as lanes share
   * them.
   */
  void measureStreams(CudaBackend backend, String kernel, long needed) {
    backend.synchronize();
    Counters counters = driver.counters(kernel);
    kernels.add(family(kernel));
    long moved = Math.min(counters.globalSectors * SECTOR, counters.globalBytes);
    record(kernel, moved, needed, counters);
  }

  /**
   * A kernel whose reads are mostly repeated, and left to the cache: it is listed, not held to a
   * ratio.
   */
  void note(CudaBackend backend, String kernel, long needed) {
    backend.synchronize();
    Counters counters = driver.counters(kernel);
    kernels.add(family(kernel));
    lines.add(line(kernel, counters.globalSectors * SECTOR, needed, counters));
  }

  private void record(String kernel, long moved, long needed, Counters counters) {
    double ratio = (double) moved / needed;
    String line = line(kernel, moved, needed, counters);
    lines.add(line);
    if (!(ratio <= MOST && ratio > 0.5)) {
      over.add(line);
    }
  }

  private static String line(String kernel, long moved, long needed, Counters counters) {
    return String.format(
        Locale.ROOT,
        "%s, %d, %d, %.2f, %d, %d",
        kernel,
        moved,
        needed,
        (double) moved / needed,
        counters.bankConflicts,
        counters.sharedRequests);
  }

  /** The end of the names of kernels for {@code dtype}. */
  static String suffix(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }
}
