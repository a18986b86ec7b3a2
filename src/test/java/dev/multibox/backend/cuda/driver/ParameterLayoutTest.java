package dev.multibox.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ParameterLayoutTest {
  private static final String PTX =
      """
      .visible .entry plain(
        .param .u64 plain_param_0,
        .param .u32 plain_param_1, // a count
        .param .f32 plain_param_2,
        .param .u8 plain_param_3,
        .param .u16 plain_param_4,
        .param .f64 plain_param_5
      )
      .maxntid 128, 1, 1
      { ret; }
      .visible .entry plain_structure(
        .param .u8 a,
        .param .align 8 .b8 b[24],
        .param .b32 c
      )
      { ret; }
      .visible .entry pointers(
        .param .u32 n,
        .param .u64 .ptr .global .align 1 x
      )
      { ret; }
      .visible .entry nothing()
      { ret; }
      .visible .entry bare
      { ret; }
      """;

  @Test
  void alignsEachParameterToItsSize() {
    ParameterLayout layout = ParameterLayout.read(PTX, "plain");
    assertThat(layout.parameters())
        .containsExactly(
            new Parameter("plain_param_0", "u64", 0, 8),
            new Parameter("plain_param_1", "u32", 8, 4),
            new Parameter("plain_param_2", "f32", 12, 4),
            new Parameter("plain_param_3", "u8", 16, 1),
            new Parameter("plain_param_4", "u16", 18, 2),
            new Parameter("plain_param_5", "f64", 24, 8));
    assertThat(layout.bytes()).isEqualTo(32);
  }

  @Test
  void alignsAStructureAsDeclared() {
    assertThat(ParameterLayout.read(PTX, "plain_structure").parameters())
        .containsExactly(
            new Parameter("a", "u8", 0, 1),
            new Parameter("b", "b8", 8, 24),
            new Parameter("c", "b32", 32, 4));
  }

  @Test
  void alignsAPointerToItselfNotToItsTarget() {
    assertThat(ParameterLayout.read(PTX, "pointers").parameters())
        .containsExactly(new Parameter("n", "u32", 0, 4), new Parameter("x", "u64", 8, 8));
  }

  @Test
  void readsKernelsWithoutParameters() {
    assertThat(ParameterLayout.read(PTX, "nothing").count()).isZero();
    assertThat(ParameterLayout.read(PTX, "bare").count()).isZero();
  }

  @Test
  void refusesANameThatIsOnlyTheBeginningOfAKernels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ParameterLayout.read(PTX, "plai"))
        .withMessage("plai: the PTX has no such kernel");
  }

  @Test
  void refusesAParameterItCannotRead() {
    String ptx = ".entry odd(.param .texref t) { ret; }";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ParameterLayout.read(ptx, "odd"))
        .withMessage("odd: cannot read the parameter '.param .texref t'");
  }
}
