package dev.multibox.backend.cuda.sim.memory;

/** The windows of generic addresses, and names of addresses in messages. */
public final class Places {
  /** Where shared memory begins in generic addresses. */
  public static final long SHARED = 1L << 56;

  /** Where a thread's local memory begins in generic addresses. */
  public static final long LOCAL = 1L << 57;

  /** Where the parameters of a kernel begin in generic addresses. */
  public static final long PARAM = 1L << 58;

  private static final long WINDOW = 1L << 32;

  private Places() {}

  public static boolean isShared(long address) {
    return address - SHARED >= 0 && address - SHARED < WINDOW;
  }

  public static boolean isLocal(long address) {
    return address - LOCAL >= 0 && address - LOCAL < WINDOW;
  }

  public static boolean isParam(long address) {
    return address - PARAM >= 0 && address - PARAM < WINDOW;
  }

  /** For example {@code shared 0x40}. */
  static String name(long address) {
    if (isShared(address)) {
      return "shared 0x%x".formatted(address - SHARED);
    }
    if (isLocal(address)) {
      return "local 0x%x".formatted(address - LOCAL);
    }
    return isParam(address)
        ? "parameter 0x%x".formatted(address - PARAM)
        : "global 0x%x".formatted(address);
  }
}
