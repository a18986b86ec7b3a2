package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.Site;

/**
 * What the lanes of a warp ask of memory with one instruction: an address each, for which the
 * memory gives the place in host memory.
 */
public final class Request {
  public static final int LANES = 32;

  /** What lanes are about to store. */
  public interface Values {
    /** Stores the value of {@code lane} at {@code host}. */
    void store(int lane, long host);

    /** Whether {@code lane} would leave the bytes at {@code host} as they are. */
    boolean same(int lane, long host);

    /** Whether both lanes store the same. */
    boolean same(int lane, int other);
  }

  private static final Values NO_VALUES =
      new Values() {
        @Override
        public void store(int lane, long host) {}

        @Override
        public boolean same(int lane, long host) {
          return false;
        }

        @Override
        public boolean same(int lane, int other) {
          return false;
        }
      };

  /** The address of each lane. */
  public final long[] address = new long[LANES];

  /** The address in host memory of each lane, once resolved. */
  public final long[] host = new long[LANES];

  Access access;
  int mask;
  int warp;
  Values values = NO_VALUES;

  /** The lanes resolved so far. */
  int done;

  /**
   * @param first an access to begin with, whatever it is
   */
  public Request(Access first) {
    access = first;
  }

  /** Begins a request; the addresses have been set. */
  public void start(Access newAccess, int newMask, int newWarp, Values newValues) {
    access = newAccess;
    mask = newMask;
    warp = newWarp;
    values = newValues;
    done = 0;
  }

  /** Begins a request that stores nothing. */
  public void start(Access newAccess, int newMask, int newWarp) {
    start(newAccess, newMask, newWarp, NO_VALUES);
  }

  Site site() {
    return access.site();
  }

  int thread(int lane) {
    return warp * LANES + lane;
  }

  /**
   * Whether a lane stores what is at {@code host} already, or what an earlier lane stores there.
   */
  boolean storesTheSame(int lane, long hostAddress) {
    for (int m = done; m != 0; m &= m - 1) {
      int other = Integer.numberOfTrailingZeros(m);
      if (host[other] == hostAddress) {
        return values.same(lane, other);
      }
    }
    return values.same(lane, hostAddress);
  }
}
