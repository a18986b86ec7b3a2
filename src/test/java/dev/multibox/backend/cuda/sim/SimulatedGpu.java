package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.report.Report;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A simulated GPU with one stream, and what tests do with it in a line. */
public final class SimulatedGpu implements AutoCloseable {
  private static final String FOLDER = "/dev/multibox/cuda/";

  private final SimulatedDriver driver;
  private final Stream stream;
  private final Map<String, KernelModule> modules = new HashMap<>();

  private SimulatedGpu(SimulatedDriver driver) {
    this.driver = driver;
    stream = driver.newStream();
  }

  public static SimulatedGpu open(long seed) {
    return new SimulatedGpu(SimulatedDriver.open(seed));
  }

  static SimulatedGpu of(SimulatorSettings settings) {
    return new SimulatedGpu(new SimulatedDriver(settings));
  }

  static SimulatedGpu of(SimulatedDriver driver) {
    return new SimulatedGpu(driver);
  }

  public SimulatedDriver driver() {
    return driver;
  }

  public Stream stream() {
    return stream;
  }

  /** A launch of a kernel in a committed PTX file, such as {@code faults/misaligned}. */
  public Launch launch(String file, String kernel) {
    return Launch.of(load(file).kernel(kernel));
  }

  /** A committed PTX file, which is loaded once. */
  public KernelModule load(String file) {
    return modules.computeIfAbsent(file, name -> driver.load(name + ".ptx", ptx(name)));
  }

  static byte[] ptx(String file) {
    try (InputStream in = SimulatedGpu.class.getResourceAsStream(FOLDER + file + ".ptx")) {
      if (in == null) {
        throw new IllegalArgumentException("no PTX of " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Device memory with these elements. */
  public long floats(float... values) {
    return upload(MemorySegment.ofArray(values));
  }

  public long doubles(double... values) {
    return upload(MemorySegment.ofArray(values));
  }

  public long ints(int... values) {
    return upload(MemorySegment.ofArray(values));
  }

  public long longs(long... values) {
    return upload(MemorySegment.ofArray(values));
  }

  public long shorts(short... values) {
    return upload(MemorySegment.ofArray(values));
  }

  public long bytes(byte... values) {
    return upload(MemorySegment.ofArray(values));
  }

  private long upload(MemorySegment values) {
    long address = driver.allocate(values.byteSize());
    driver.upload(values, address);
    return address;
  }

  /** Device memory that nobody wrote. */
  public long empty(long bytes) {
    return driver.allocate(bytes);
  }

  public float[] floats(long address, int count) {
    float[] values = new float[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  public double[] doubles(long address, int count) {
    double[] values = new double[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  public int[] ints(long address, int count) {
    int[] values = new int[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  public long[] longs(long address, int count) {
    long[] values = new long[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  public short[] shorts(long address, int count) {
    short[] values = new short[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  public byte[] bytes(long address, int count) {
    byte[] values = new byte[count];
    driver.download(address, MemorySegment.ofArray(values));
    return values;
  }

  /** Runs a launch and returns its faults. */
  public List<Report> faults(Launch launch) {
    launch.run(stream);
    return driver.takeReports();
  }

  /** Runs a launch to its end. */
  public void run(Launch launch) {
    launch.run(stream);
    stream.synchronize();
  }

  @Override
  public void close() {
    driver.close();
  }
}
