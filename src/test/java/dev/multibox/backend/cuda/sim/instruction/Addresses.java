package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.ptx.Register;
import java.util.Arrays;

/** Computes the addresses that the lanes of a warp ask for. */
@FunctionalInterface
interface Addresses {
  void fill(Warp w, long[] addresses);

  /** For an operand {@code [base + offset]}. */
  static Addresses of(Operand operand, Operands o) {
    if (!(operand instanceof Operand.Address address)) {
      throw Operands.unexpected(operand);
    }
    long offset = address.offset();
    return switch (address.base()) {
      case Operand.Reg reg -> ofRegister(reg.register(), offset, o);
      case Operand.Immediate number -> constant(number.bits() + offset);
      case Operand.Symbol symbol -> constant(o.symbols().address(symbol.name()) + offset);
      default -> throw Operands.unexpected(operand);
    };
  }

  private static Addresses ofRegister(Register register, long offset, Operands o) {
    if (register.type().isWide()) {
      int row = o.source(new Operand.Reg(register, false), PtxType.B64);
      return (w, addresses) -> {
        long[] base = w.longs[row];
        for (int l = 0; l < Warp.LANES; l++) {
          addresses[l] = base[l] + offset;
        }
      };
    }
    int row = o.source(new Operand.Reg(register, false), PtxType.B32);
    return (w, addresses) -> {
      int[] base = w.ints[row];
      for (int l = 0; l < Warp.LANES; l++) {
        addresses[l] = (base[l] & 0xffff_ffffL) + offset;
      }
    };
  }

  private static Addresses constant(long address) {
    return (_, addresses) -> Arrays.fill(addresses, address);
  }
}
