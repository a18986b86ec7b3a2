package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.report.Site;
import org.jspecify.annotations.Nullable;

/** What the lanes of a warp do together: shuffles, votes, matches and warp barriers. */
public final class WarpOps {
  private static final PtxType B32 = PtxType.B32;

  private WarpOps() {}

  /** The collective of an instruction of this family, or null. */
  public static @Nullable Collective decode(PtxInstruction i, Opcode op, Operands o, Site site) {
    return switch (op.name()) {
      case "shfl" -> shuffle(i, op, o, site);
      case "vote" -> vote(i, op, o, site);
      case "match" -> match(i, op, o, site);
      case "bar" -> new Collective(site, o.source(i, 0, B32), true, (_, _) -> {});
      default -> null;
    };
  }

  private static Collective shuffle(PtxInstruction i, Opcode op, Operands o, Site site) {
    if (!op.has("sync")) {
      throw new IllegalArgumentException("shfl without .sync is gone since sm_70");
    }
    Operand target = i.operand(0);
    int d = o.target(target instanceof Operand.Pair pair ? pair.first() : target, B32);
    int p = target instanceof Operand.Pair pair ? o.predicateTarget(pair.second()) : -1;
    int a = o.source(i, 1, B32);
    int b = o.source(i, 2, B32);
    int c = o.source(i, 3, B32);
    int members = o.source(i, 4, B32);
    String mode = op.oneOf("", "up", "down", "bfly", "idx");
    Operation work =
        (w, mask) -> {
          int valid = 0;
          for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int from = source(mode, lane, w.ints[b][lane], w.ints[c][lane]);
            boolean inside = from >= 0;
            int read = inside ? from : lane;
            // A lane that does not take part has nothing to give; what is read is undefined.
            boolean present = (mask >>> read & 1) != 0;
            w.intScratch[lane] = present ? w.ints[a][read] : UNDEFINED;
            valid |= inside ? 1 << lane : 0;
          }
          for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            w.ints[d][lane] = w.intScratch[lane];
          }
          if (p >= 0) {
            w.setPredicate(p, valid, mask);
          }
        };
    return new Collective(site, members, false, work);
  }

  /** What a lane reads from one that takes no part: nothing in particular. */
  private static final int UNDEFINED = 0xbadf00d;

  /** The lane that is read, or -1 if that lies outside of the segment. */
  private static int source(String mode, int lane, int by, int clampAndMask) {
    int segment = clampAndMask >>> 8 & 31;
    int clamp = clampAndMask & 31;
    int b = by & 31;
    int most = Bits.select(segment, lane, clamp);
    int from =
        switch (mode) {
          case "up" -> lane - b;
          case "down" -> lane + b;
          case "bfly" -> lane ^ b;
          default -> Bits.select(segment, lane, b);
        };
    boolean inside = mode.equals("up") ? from >= most : from <= most;
    return inside ? from : -1;
  }

  private static Collective vote(PtxInstruction i, Opcode op, Operands o, Site site) {
    if (!op.has("sync")) {
      throw new IllegalArgumentException("vote without .sync is gone since sm_70");
    }
    Operands.Predicate p = o.predicate(i.operand(1));
    int members = o.source(i, 2, B32);
    if (op.has("ballot")) {
      int d = o.target(i, 0, B32);
      return new Collective(
          site,
          members,
          false,
          (w, mask) -> {
            int ballot = p.of(w) & mask;
            for (int m = mask; m != 0; m &= m - 1) {
              w.ints[d][Integer.numberOfTrailingZeros(m)] = ballot;
            }
          });
    }
    int d = o.predicateTarget(i.operand(0));
    String mode = op.oneOf("", "all", "any", "uni");
    return new Collective(
        site,
        members,
        false,
        (w, mask) -> {
          int held = p.of(w) & mask;
          boolean result =
              switch (mode) {
                case "all" -> held == mask;
                case "any" -> held != 0;
                default -> held == mask || held == 0;
              };
          w.setPredicate(d, result ? Warp.ALL : 0, mask);
        });
  }

  private static Collective match(PtxInstruction i, Opcode op, Operands o, Site site) {
    PtxType type = op.type();
    Operand target = i.operand(0);
    int d = o.target(target instanceof Operand.Pair pair ? pair.first() : target, B32);
    int p = target instanceof Operand.Pair pair ? o.predicateTarget(pair.second()) : -1;
    int a = o.source(i, 1, type);
    int members = o.source(i, 2, B32);
    boolean all = op.has("all");
    Operation work =
        (w, mask) -> {
          int every = Warp.ALL;
          for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            w.intScratch[lane] = equals(w, type, a, lane, mask);
            every &= w.intScratch[lane];
          }
          boolean same = (every & mask) == mask;
          for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            w.ints[d][lane] = !all ? w.intScratch[lane] : same ? mask : 0;
          }
          if (p >= 0) {
            w.setPredicate(p, same ? Warp.ALL : 0, mask);
          }
        };
    return new Collective(site, members, false, work);
  }

  /** The lanes of {@code mask} with the same value as {@code lane}. */
  private static int equals(Warp w, PtxType type, int row, int lane, int mask) {
    int equal = 0;
    for (int m = mask; m != 0; m &= m - 1) {
      int other = Integer.numberOfTrailingZeros(m);
      boolean same =
          type.isWide()
              ? w.longs[row][lane] == w.longs[row][other]
              : w.ints[row][lane] == w.ints[row][other];
      equal |= same ? 1 << other : 0;
    }
    return equal;
  }

  /** The lanes that run together at this moment. */
  static Operation activeMask(PtxInstruction i, Operands o) {
    int d = o.target(i, 0, B32);
    return (w, mask) -> {
      for (int m = mask; m != 0; m &= m - 1) {
        w.ints[d][Integer.numberOfTrailingZeros(m)] = mask;
      }
    };
  }
}
