package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.Launch;
import java.nio.charset.StandardCharsets;

/**
 * Runs one PTX instruction, or a few, on arrays of operands: {@code %a}, {@code %b} and {@code %c}
 * are read, {@code %d} is stored. Each is a register of 32 or 64 bits; {@code %ha} to {@code %hd}
 * are their low 16 bits, and {@code %p} and {@code %q} are predicates to use.
 */
final class OneInstruction implements AutoCloseable {
  private final SimulatedGpu gpu = SimulatedGpu.open(1);

  /** The 32-bit results of {@code code} for each triple of 32-bit operands. */
  int[] ints(String code, int[] a, int[] b, int[] c) {
    long out = gpu.ints(new int[a.length]);
    run(code, 32, 32, a.length, gpu.ints(a), gpu.ints(b), gpu.ints(c), out);
    return gpu.ints(out, a.length);
  }

  /** The 64-bit results of {@code code} for each triple of 32-bit operands. */
  long[] widened(String code, int[] a, int[] b, int[] c) {
    long out = gpu.longs(new long[a.length]);
    run(code, 32, 64, a.length, gpu.ints(a), gpu.ints(b), gpu.ints(c), out);
    return gpu.longs(out, a.length);
  }

  /** The 64-bit results of {@code code} for each triple of 64-bit operands. */
  long[] longs(String code, long[] a, long[] b, long[] c) {
    long out = gpu.longs(new long[a.length]);
    run(code, 64, 64, a.length, gpu.longs(a), gpu.longs(b), gpu.longs(c), out);
    return gpu.longs(out, a.length);
  }

  /** The 32-bit results of {@code code} for each triple of 64-bit operands. */
  int[] narrowed(String code, long[] a, long[] b, long[] c) {
    long out = gpu.ints(new int[a.length]);
    run(code, 64, 32, a.length, gpu.longs(a), gpu.longs(b), gpu.longs(c), out);
    return gpu.ints(out, a.length);
  }

  private void run(String code, int from, int to, int count, long a, long b, long c, long out) {
    String ptx = ptx(code, from, to);
    Launch launch =
        Launch.of(gpu.driver().load("one.ptx", ptx.getBytes(StandardCharsets.UTF_8)).kernel("one"));
    gpu.run(
        launch.grid(Math.ceilDiv(count, 128)).block(128).arg(a).arg(b).arg(c).arg(out).arg(count));
  }

  private static String ptx(String code, int from, int to) {
    String low = from == 32 ? "cvt.u16.u32" : "cvt.u16.u64";
    return """
    .version 7.8
    .target sm_75
    .address_size 64
    .visible .entry one(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 pd, .param .u32 n)
    {
      .reg .b64 %%x<6>; .reg .b32 %%i<5>; .reg .pred %%p, %%q, %%end;
      .reg .b%1$d %%a, %%b, %%c; .reg .b%2$d %%d; .reg .b16 %%ha, %%hb, %%hc, %%hd;
      .reg .b32 %%t<4>; .reg .b64 %%u<4>;
      ld.param.u32 %%i0, [n];
      mov.u32 %%i1, %%tid.x; mov.u32 %%i2, %%ctaid.x; mad.lo.s32 %%i3, %%i2, 128, %%i1;
      setp.ge.s32 %%end, %%i3, %%i0;
      @%%end bra DONE;
      ld.param.u64 %%x0, [pa]; mad.wide.s32 %%x0, %%i3, %3$d, %%x0; ld.global.b%1$d %%a, [%%x0];
      ld.param.u64 %%x1, [pb]; mad.wide.s32 %%x1, %%i3, %3$d, %%x1; ld.global.b%1$d %%b, [%%x1];
      ld.param.u64 %%x2, [pc]; mad.wide.s32 %%x2, %%i3, %3$d, %%x2; ld.global.b%1$d %%c, [%%x2];
      ld.param.u64 %%x3, [pd]; mad.wide.s32 %%x3, %%i3, %4$d, %%x3;
      %5$s %%ha, %%a; %5$s %%hb, %%b; %5$s %%hc, %%c;
      %6$s
      st.global.b%2$d [%%x3], %%d;
    DONE:
      ret;
    }
    """
        .formatted(from, to, from / 8, to / 8, low, code);
  }

  @Override
  public void close() {
    gpu.close();
  }
}
