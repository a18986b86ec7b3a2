package dev.multibox.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CpuConvolutionTest {
  private static final String PROPERTY = "multibox.convolution";

  @AfterEach
  void forgetTheChoice() {
    System.clearProperty(PROPERTY);
  }

  @Test
  void isOneDnnUnlessChosenOtherwise() {
    assertThat(CpuConvolution.chosen()).isEqualTo(CpuConvolution.ONEDNN);
    System.setProperty(PROPERTY, "direct");
    assertThat(CpuConvolution.chosen()).isEqualTo(CpuConvolution.DIRECT);
  }

  @Test
  void refusesAnUnknownChoice() {
    System.setProperty(PROPERTY, "fast");
    assertThatIllegalArgumentException()
        .isThrownBy(CpuBackend::open)
        .withMessage("cpu: -Dmultibox.convolution was fast, wanted onednn or direct");
  }

  @Test
  void isNamedInTheDescriptionOfTheBackend() {
    try (CpuBackend backend = CpuBackend.open(3)) {
      assertThat(backend.description())
          .matches(".*, 3 threads, convolution by oneDNN 3\\.11\\.\\d");
    }
    try (CpuBackend backend = CpuBackend.open(3, CpuConvolution.DIRECT)) {
      assertThat(backend.description()).endsWith("convolution by direct loops");
    }
  }

  @Test
  void failuresNameTheFunction() {
    int layoutOfFiveAxes = OneDnn.LAYOUT_ABDEC;
    try (Arena arena = Arena.ofConfined()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> OneDnn.descriptor(arena, layoutOfFiveAxes, 1, 2, 3))
          .withMessage("dnnl_memory_desc_create_with_tag: invalid arguments");
    }
  }
}
