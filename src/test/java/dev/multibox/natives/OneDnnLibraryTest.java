package dev.multibox.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneDnnLibraryTest {
  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-x86_64, true",
    "Linux, aarch64, linux-arm64, true",
    "Linux, riscv64, linux-riscv64, false",
    "Mac OS X, aarch64, macosx-arm64, true",
    "Mac OS X, x86_64, macosx-x86_64, true",
    "Windows 11, amd64, windows-x86_64, true",
    "FreeBSD, amd64, freebsd-x86_64, false"
  })
  void isPublishedForSomeSystems(
      String osName, String osArch, String classifier, boolean published) {
    NativePlatform platform = NativePlatform.of(osName, osArch);
    assertThat(platform.classifier()).isEqualTo(classifier);
    assertThat(OneDnnLibrary.isPublishedFor(platform)).isEqualTo(published);
  }

  @Test
  void loadsOnce() throws IOException {
    OneDnnLibrary library = OneDnnLibrary.load();
    assertThat(library.oneDnn().find("dnnl_convolution_forward_primitive_desc_create")).isPresent();
    assertThat(library.openMp().find("omp_set_num_threads")).isPresent();
    assertThat(OneDnnLibrary.load()).isSameAs(library);
  }
}
