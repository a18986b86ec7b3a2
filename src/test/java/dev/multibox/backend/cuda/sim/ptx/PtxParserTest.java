package dev.multibox.backend.cuda.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

class PtxParserTest {
  private static PtxFunction kernel(String body) {
    String text = ".version 8.0\n.target sm_75\n.address_size 64\n.entry k()\n{\n" + body + "\n}\n";
    return only(PtxParser.parse("k.ptx", text));
  }

  private static PtxFunction only(PtxFile file) {
    assertThat(file.functions()).hasSize(1);
    return file.functions().values().iterator().next();
  }

  private static List<PtxInstruction> instructions(String body) {
    return kernel(body).body().stream()
        .filter(PtxInstruction.class::isInstance)
        .map(PtxInstruction.class::cast)
        .toList();
  }

  private static Operand operand(String text) {
    return instructions(".reg .b32 %r<3>; .reg .b64 %rd<3>; op " + text + ";").get(0).operand(0);
  }

  @Test
  void readsIntegersInEveryBase() {
    assertThat(operand("17")).isEqualTo(new Operand.Immediate(17, false));
    assertThat(operand("-17")).isEqualTo(new Operand.Immediate(-17, false));
    assertThat(operand("0x1fU")).isEqualTo(new Operand.Immediate(31, false));
    assertThat(operand("0b101")).isEqualTo(new Operand.Immediate(5, false));
    assertThat(operand("017")).isEqualTo(new Operand.Immediate(15, false));
    assertThat(operand("-9223372036854775808"))
        .isEqualTo(new Operand.Immediate(Long.MIN_VALUE, false));
  }

  @Test
  void readsFloatsAsTheirBits() {
    assertThat(operand("0f3F800000"))
        .isEqualTo(new Operand.Immediate(Float.floatToRawIntBits(1f), false));
    assertThat(operand("0dC000000000000000"))
        .isEqualTo(new Operand.Immediate(Double.doubleToRawLongBits(-2.0), false));
    assertThat(operand("-1.5e-3"))
        .isEqualTo(new Operand.Immediate(Double.doubleToRawLongBits(-1.5e-3), true));
  }

  @Test
  void readsAddresses() {
    assertThat(operand("[%rd1+-8]"))
        .isInstanceOfSatisfying(
            Operand.Address.class, address -> assertThat(address.offset()).isEqualTo(-8));
    assertThat(operand("[table+12]"))
        .isEqualTo(new Operand.Address(new Operand.Symbol("table", 0), 12));
  }

  @Test
  void tellsRegistersOfTheMachineFromOurs() {
    assertThat(operand("%tid.x")).isEqualTo(new Operand.Special("%tid.x"));
    assertThat(operand("%laneid")).isEqualTo(new Operand.Special("%laneid"));
    assertThat(operand("%r2")).isInstanceOf(Operand.Reg.class);
    // Only %r0 to %r2 are declared.
    assertThat(operand("%r3")).isEqualTo(new Operand.Special("%r3"));
  }

  @Test
  void givesEachBlockInBracesItsOwnNames() {
    List<PtxInstruction> read =
        instructions(
            """
            .reg .b32 t;
            a t;
            { .reg .f32 t; b t; bra L; L: c t; }
            { .reg .f64 t; bra L; L: d t; }
            e t;
            """);
    assertThat(read)
        .extracting(PtxInstruction::opcode)
        .containsExactly("a", "b", "bra", "c", "bra", "d", "e");
    assertThat(type(read.get(0))).isEqualTo(PtxType.B32);
    assertThat(type(read.get(1))).isEqualTo(PtxType.F32);
    assertThat(type(read.get(5))).isEqualTo(PtxType.F64);
    assertThat(read.get(6).operand(0)).isEqualTo(read.get(0).operand(0));
    assertThat(read.get(2).operand(0)).isNotEqualTo(read.get(4).operand(0));
  }

  private static PtxType type(PtxInstruction instruction) {
    assertThat(instruction.operand(0)).isInstanceOf(Operand.Reg.class);
    return ((Operand.Reg) instruction.operand(0)).register().type();
  }

  @Test
  void readsGuards() {
    List<PtxInstruction> read = instructions(".reg .pred p; @p bra L; @!p bra L; L: ret;");
    assertThat(read.get(0).guard()).extracting(Operand.Reg::negated).isEqualTo(false);
    assertThat(read.get(1).guard()).extracting(Operand.Reg::negated).isEqualTo(true);
    assertThat(read.get(2).guard()).isNull();
  }

  @Test
  void namesTheInnermostLineOutsideOfTheToolkit() {
    String text =
        """
        .version 9.0
        .target sm_75
        .entry k()
        {
        .loc 1 13 0
        a;
        .loc 1 20 3, function_name $L__info_string0, inlined_at 1 13 41
        b;
        .loc 2 99 1, function_name $L__info_string1, inlined_at 1 20 3
        c;
        }
        .file 1 "src/main/cuda/loss.cu"
        .file 2 "/usr/local/cuda/include/cuda_fp16.hpp"
        .section .debug_str
        {
        $L__info_string0:
        .b8 95,0
        }
        """;
    PtxFunction function = only(PtxParser.parse("k.ptx", text));
    assertThat(function.body())
        .extracting(statement -> ((PtxInstruction) statement).source().toString())
        .containsExactly("loss.cu:13", "loss.cu:20", "loss.cu:20");
    assertThat(function.body())
        .extracting(statement -> ((PtxInstruction) statement).line())
        .containsExactly(6, 8, 10);
  }

  @Test
  void readsVariablesWithTheirValues() {
    PtxFile file =
        PtxParser.parse(
            "v.ptx",
            """
            .version 8.0
            .const .align 4 .b8 table[8] = {0, 0, 128, 63, 0, 0, 0, 64};
            .global .align 8 .u64 pointers[2] = {generic(table)+4, f};
            .visible .global .f32 one = 0f3F800000;
            .extern .shared .align 16 .b8 dynamic[];
            .global .s32 grid[2][3];
            """);
    assertThat(file.variables())
        .extracting(PtxVariable::name, PtxVariable::space, PtxVariable::bytes)
        .containsExactly(
            Tuple.tuple("table", "const", 8L),
            Tuple.tuple("pointers", "global", 16L),
            Tuple.tuple("one", "global", 4L),
            Tuple.tuple("dynamic", "shared", 0L),
            Tuple.tuple("grid", "global", 24L));
    assertThat(file.variables().get(1).values())
        .containsExactly(new Operand.Symbol("table", 4), new Operand.Symbol("f", 0));
    assertThat(file.variables().get(3).isDynamic()).isTrue();
  }

  @Test
  void namesTheLineOfWhatItCannotRead() {
    assertThatExceptionOfType(PtxException.class)
        .isThrownBy(() -> PtxParser.parse("bad.ptx", ".version 8.0\n\n.texref t;\n"))
        .withMessage("bad.ptx:3: the directive .texref is not simulated");
  }
}
