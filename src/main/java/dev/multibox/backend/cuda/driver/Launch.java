package dev.multibox.backend.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * A kernel with its grid and its arguments, made once and run many times.
 *
 * <pre>{@code
 * Launch saxpy = Launch.of(module.kernel("saxpy"));
 * ...
 * saxpy.grid(blocks).block(256).arg(n).arg(2f).arg(x).arg(y).run(stream);
 * }</pre>
 *
 * <p>Arguments are given in order; each is checked against the parameter that the PTX declares, and
 * {@link #run} refuses to start with too few. They are written to one off-heap block, so that a
 * launch allocates nothing. After {@link #run}, and after an argument that was refused, the next is
 * the first again; the grid, the block and the shared memory stay until they are set anew.
 */
public final class Launch {
  /** Waits after each launch, so that a fault is blamed on the kernel that made it. */
  private static final boolean SYNC_LAUNCHES = Boolean.getBoolean("multibox.syncLaunches");

  private static final int MAX_GRID_YZ = 65_535;

  private static final Set<String> FLOAT = Set.of("f32", "b32");
  private static final Set<String> DOUBLE = Set.of("f64", "b64");
  private static final Set<String> BYTE = Set.of("u8", "s8");
  private static final Set<String> SHORT = Set.of("u16", "s16", "b16", "f16");
  private static final Set<String> INT = Set.of("u32", "s32", "b32");
  private static final Set<String> LONG = Set.of("u64", "s64", "b64");

  private final Kernel kernel;
  private final ParameterLayout layout;
  private final MemorySegment values;
  private final MemorySegment addresses;
  private int next;
  private int gridX = 1;
  private int gridY = 1;
  private int gridZ = 1;
  private int blockX = 1;
  private int blockY = 1;
  private int blockZ = 1;
  private int sharedBytes;

  private Launch(Kernel kernel) {
    this.kernel = kernel;
    layout = kernel.parameters();
    Arena arena = Arena.ofAuto();
    values = arena.allocate(Math.max(layout.bytes(), 1), 16);
    addresses = arena.allocate(ADDRESS, Math.max(layout.count(), 1));
    for (int i = 0; i < layout.count(); i++) {
      addresses.setAtIndex(ADDRESS, i, values.asSlice(layout.parameters().get(i).offset()));
    }
  }

  /** A launch of one block of one thread, without arguments so far. */
  public static Launch of(Kernel kernel) {
    return new Launch(kernel);
  }

  /** Blocks in a row. */
  public Launch grid(long x) {
    return grid(x, 1, 1);
  }

  /**
   * Blocks in a box.
   *
   * @throws IllegalArgumentException if an extent is not positive, {@code x} is 2^31 or more, or
   *     another is above 65,535
   */
  public Launch grid(long x, long y, long z) {
    require(
        x > 0 && x <= Integer.MAX_VALUE && y > 0 && y <= MAX_GRID_YZ && z > 0 && z <= MAX_GRID_YZ,
        "grid",
        x,
        y,
        z,
        "at most 2147483647 x 65535 x 65535");
    gridX = (int) x;
    gridY = (int) y;
    gridZ = (int) z;
    return this;
  }

  /** Threads in a row. */
  public Launch block(int x) {
    return block(x, 1, 1);
  }

  /**
   * Threads in a box.
   *
   * @throws IllegalArgumentException if an extent is not positive, or the product is above what the
   *     kernel may have
   */
  public Launch block(int x, int y, int z) {
    int most = kernel.attributes().maxThreadsPerBlock();
    require(
        x > 0 && y > 0 && z > 0 && (long) x * y <= most && (long) x * y * z <= most,
        "block",
        x,
        y,
        z,
        "at most %d threads".formatted(most));
    blockX = x;
    blockY = y;
    blockZ = z;
    return this;
  }

  /**
   * Dynamic shared memory per block, in bytes.
   *
   * @throws IllegalArgumentException if it is negative or more than the kernel may use; see {@link
   *     Kernel#allowDynamicShared}
   */
  public Launch shared(int bytes) {
    int most = kernel.attributes().maxDynamicSharedBytes();
    if (bytes < 0 || bytes > most) {
      throw new IllegalArgumentException(
          "%s: dynamic shared memory was %d bytes, wanted 0 to %d"
              .formatted(kernel.name(), bytes, most));
    }
    sharedBytes = bytes;
    return this;
  }

  /** The next argument, a pointer to device memory or a 64-bit integer. */
  public Launch arg(long value) {
    values.set(JAVA_LONG, take(LONG, "a long"), value);
    return this;
  }

  /** The next argument, a 32-bit integer. */
  public Launch arg(int value) {
    values.set(JAVA_INT, take(INT, "an int"), value);
    return this;
  }

  /** The next argument, a 16-bit integer or the bits of an F16. */
  public Launch arg(short value) {
    values.set(JAVA_SHORT, take(SHORT, "a short"), value);
    return this;
  }

  /** The next argument, an 8-bit integer. */
  public Launch arg(byte value) {
    values.set(JAVA_BYTE, take(BYTE, "a byte"), value);
    return this;
  }

  /** The next argument, a {@code bool}. */
  public Launch arg(boolean value) {
    values.set(JAVA_BYTE, take(BYTE, "a boolean"), (byte) (value ? 1 : 0));
    return this;
  }

  /** The next argument, a {@code float}. */
  public Launch arg(float value) {
    values.set(JAVA_FLOAT, take(FLOAT, "a float"), value);
    return this;
  }

  /** The next argument, a {@code double}. */
  public Launch arg(double value) {
    values.set(JAVA_DOUBLE, take(DOUBLE, "a double"), value);
    return this;
  }

  /** The next argument, a structure passed by value, whose bytes are copied. */
  public Launch arg(MemorySegment structure) {
    Parameter parameter = parameter("a structure of %d bytes".formatted(structure.byteSize()));
    if (!parameter.isStructure() || parameter.bytes() != structure.byteSize()) {
      throw wrongType(parameter, "a structure of %d bytes".formatted(structure.byteSize()));
    }
    next++;
    MemorySegment.copy(structure, 0, values, parameter.offset(), parameter.bytes());
    return this;
  }

  /**
   * Puts the kernel on {@code stream}. The arguments have been copied on return.
   *
   * @throws IllegalArgumentException if arguments are missing
   */
  public void run(Stream stream) {
    int given = next;
    next = 0;
    if (given != layout.count()) {
      throw new IllegalArgumentException(
          "%s: had %d arguments, wanted %d; the next is %s"
              .formatted(kernel.name(), given, layout.count(), layout.parameters().get(given)));
    }
    stream.launch(this);
    if (SYNC_LAUNCHES && !stream.isCapturing()) {
      waitFor(stream);
    }
  }

  /** Whether each launch waits for its kernel, as {@code -Dmultibox.syncLaunches=true} asks. */
  public static boolean isWaitedFor() {
    return SYNC_LAUNCHES;
  }

  private void waitFor(Stream stream) {
    try {
      stream.synchronize();
    } catch (DriverException e) {
      throw new IllegalStateException("%s: %s".formatted(this, e.getMessage()), e);
    }
  }

  /** The offset of the next parameter, whose type must be one of {@code types}. */
  private int take(Set<String> types, String given) {
    Parameter parameter = parameter(given);
    if (!types.contains(parameter.type()) || parameter.isStructure()) {
      throw wrongType(parameter, given);
    }
    next++;
    return parameter.offset();
  }

  private Parameter parameter(String given) {
    if (next == layout.count()) {
      int wanted = next;
      next = 0;
      throw new IllegalArgumentException(
          "%s: argument %d was %s, wanted %d arguments only"
              .formatted(kernel.name(), wanted, given, wanted));
    }
    return layout.parameters().get(next);
  }

  private IllegalArgumentException wrongType(Parameter parameter, String given) {
    int index = next;
    next = 0;
    return new IllegalArgumentException(
        "%s: argument %d was %s, wanted %s".formatted(kernel.name(), index, given, parameter));
  }

  private void require(boolean good, String what, long x, long y, long z, String wanted) {
    if (!good) {
      throw new IllegalArgumentException(
          "%s: %s was %d x %d x %d, wanted %s".formatted(kernel.name(), what, x, y, z, wanted));
    }
  }

  public Kernel kernel() {
    return kernel;
  }

  /** The argument block, laid out as {@link ParameterLayout} says. */
  public MemorySegment values() {
    return values;
  }

  /** The address of each argument: the {@code kernelParams} of {@code cuLaunchKernel}. */
  public MemorySegment addresses() {
    return addresses;
  }

  public int gridX() {
    return gridX;
  }

  public int gridY() {
    return gridY;
  }

  public int gridZ() {
    return gridZ;
  }

  public int blockX() {
    return blockX;
  }

  public int blockY() {
    return blockY;
  }

  public int blockZ() {
    return blockZ;
  }

  /** Dynamic shared memory per block. */
  public int sharedBytes() {
    return sharedBytes;
  }

  /** For example {@code saxpy<<<4 x 1 x 1, 256 x 1 x 1, 0>>>}. */
  @Override
  public String toString() {
    return "%s<<<%d x %d x %d, %d x %d x %d, %d>>>"
        .formatted(kernel.name(), gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes);
  }
}
