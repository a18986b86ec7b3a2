package dev.multibox.backend.cuda.sim.memory;

import dev.multibox.backend.cuda.sim.report.Counters;
import java.util.Arrays;

/** Counts how a warp's request spreads over sectors of global and banks of shared memory. */
final class Traffic {
  private static final int SECTOR_BITS = 5;
  private static final int BANKS = 32;

  /** What a request moves in one pass. */
  private static final int PASS_BYTES = 128;

  private final long[] sectors = new long[Request.LANES];
  private final long[] firstWord = new long[BANKS];
  private final int[] passes = new int[BANKS];

  /** Counts the distinct stretches of 32 bytes. */
  void countGlobal(Request request, Counters counters) {
    if (request.mask == 0) {
      return;
    }
    int bytes = request.access.bytes();
    if (request.mask == -1 && isRow(request.address, bytes)) {
      long last = request.address[0] + (long) Request.LANES * bytes - 1;
      count(request, counters, (last >>> SECTOR_BITS) - (request.address[0] >>> SECTOR_BITS) + 1);
      return;
    }
    int count = 0;
    long highest = -1;
    for (int m = request.mask; m != 0; m &= m - 1) {
      long sector = request.address[Integer.numberOfTrailingZeros(m)] >>> SECTOR_BITS;
      if (sector > highest) {
        highest = sector;
        sectors[count++] = sector;
      } else if (sector != highest && !contains(count, sector)) {
        sectors[count++] = sector;
      }
    }
    count(request, counters, count);
  }

  private static void count(Request request, Counters counters, long sectorCount) {
    counters.globalRequests++;
    counters.globalSectors += sectorCount;
    counters.globalBytes += (long) Integer.bitCount(request.mask) * request.access.bytes();
  }

  /** Whether each lane has its place right behind the one before. */
  private static boolean isRow(long[] address, int bytes) {
    long different = 0;
    for (int lane = 0; lane < Request.LANES; lane++) {
      different |= address[lane] - address[0] - (long) lane * bytes;
    }
    return different == 0;
  }

  private boolean contains(int count, long sector) {
    for (int i = count - 1; i >= 0; i--) {
      if (sectors[i] == sector) {
        return true;
      }
    }
    return false;
  }

  /**
   * Counts conflicts: of the lanes that are served together (32 of words, 16 of 8 bytes, 8 of 16),
   * how many distinct words of one bank are wanted beyond the first.
   */
  void countShared(Request request, Counters counters) {
    if (request.mask == 0) {
      return;
    }
    counters.sharedRequests++;
    int bytes = request.access.bytes();
    if (request.mask == -1 && bytes == 4 && isRow(request.address, bytes)) {
      return;
    }
    int together = bytes <= 4 ? Request.LANES : PASS_BYTES / bytes;
    for (int from = 0; from < Request.LANES; from += together) {
      int lanes = together == Request.LANES ? -1 : ((1 << together) - 1) << from;
      counters.bankConflicts += conflicts(request, request.mask & lanes, bytes);
    }
  }

  private int conflicts(Request request, int mask, int bytes) {
    Arrays.fill(firstWord, -1);
    int most = 1;
    long before = -1;
    for (int m = mask; m != 0; m &= m - 1) {
      int lane = Integer.numberOfTrailingZeros(m);
      long word = request.address[lane] >>> 2;
      if (word == before) {
        continue;
      }
      before = word;
      int bank = (int) word & (BANKS - 1);
      if (firstWord[bank] == -1) {
        firstWord[bank] = word;
        passes[bank] = 1;
      } else if (firstWord[bank] != word && !isAsked(request, mask & ((1 << lane) - 1), word)) {
        most = Math.max(most, ++passes[bank]);
      }
    }
    // A wide access counts by its first word: its others conflict where that one does.
    return mask == 0 || bytes > 16 ? 0 : most - 1;
  }

  private static boolean isAsked(Request request, int lanes, long word) {
    for (int m = lanes; m != 0; m &= m - 1) {
      if (request.address[Integer.numberOfTrailingZeros(m)] >>> 2 == word) {
        return true;
      }
    }
    return false;
  }
}
