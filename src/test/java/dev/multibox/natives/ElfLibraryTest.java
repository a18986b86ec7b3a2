package dev.multibox.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.CCompiler;
import dev.multibox.Needs;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a library needs is read, and bound to another version, by its dynamic section. */
class ElfLibraryTest {
  private static final String JCUBLAS = "/lib/libJCublas2-12.6.0-linux-x86_64.so";

  @TempDir private Path folder;

  private static byte[] jcublas() throws IOException {
    try (InputStream in = ElfLibraryTest.class.getResourceAsStream(JCUBLAS)) {
      return in.readAllBytes();
    }
  }

  /** A library whose only function says which version it is, as cuBLAS names its versions. */
  private Path versioned(int version) throws IOException {
    String name = "libstandin.so." + version;
    Path script = folder.resolve("version");
    Files.writeString(script, name + " { global: standin_version; local: *; };");
    return CCompiler.library(
        folder,
        name,
        "int standin_version(void) { return %d; }%n".formatted(version),
        "-Wl,--version-script=" + script);
  }

  private Path client(Path library) throws IOException {
    return CCompiler.library(
        folder,
        "libclient.so",
        """
        extern int standin_version(void);
        int client(void) { return standin_version() + 100; }
        """,
        library.toString());
  }

  @SuppressWarnings("restricted")
  private static int call(Path library, String function, Arena arena) throws Throwable {
    SymbolLookup lookup = SymbolLookup.libraryLookup(library, arena);
    return (int)
        Linker.nativeLinker()
            .downcallHandle(
                lookup.findOrThrow(function), FunctionDescriptor.of(ValueLayout.JAVA_INT))
            .invoke();
  }

  @Test
  @Needs(CCompiler.Gcc.class)
  void readsWhatALibraryNeeds() throws IOException {
    ElfLibrary library = ElfLibrary.read(client(versioned(12)));
    assertThat(library.soname()).isEqualTo("libclient.so");
    assertThat(library.needed()).contains("libstandin.so.12");
    assertThat(library.imports("standin_")).containsExactly("standin_version");
  }

  @Test
  @Needs(CCompiler.Gcc.class)
  void aRewrittenLibraryBindsToTheOtherVersion() throws Throwable {
    Path twelve = versioned(12);
    Path client = client(twelve);
    Path thirteen = versioned(13);
    Path rewritten = folder.resolve("librewritten.so");
    Files.write(
        rewritten, ElfLibrary.read(client).withNeeded("libstandin.so.12", "libstandin.so.13"));
    Files.delete(twelve);
    try (Arena arena = Arena.ofConfined()) {
      // Loaded first, it is found by its name, wherever it lies.
      assertThat(call(thirteen, "standin_version", arena)).isEqualTo(13);
      assertThat(call(rewritten, "client", arena)).isEqualTo(113);
    }
  }

  @Test
  void theRewriteChangesNothingElse() throws IOException {
    byte[] before = jcublas();
    ElfLibrary library = ElfLibrary.of("JCublas", before);
    assertThat(library.needed()).contains("libcublas.so.12").doesNotContain("libcublas.so.13");
    byte[] after = library.withNeeded("libcublas.so.12", "libcublas.so.13");
    // The digit, and the lowest byte of the hash: both names hash alike but for that.
    int different = 0;
    for (int i = 0; i < before.length; i++) {
      different += before[i] == after[i] ? 0 : 1;
    }
    assertThat(different).isEqualTo(2);
    assertThat(ElfLibrary.of("JCublas", after).needed())
        .contains("libcublas.so.13")
        .doesNotContain("libcublas.so.12");
    assertThat(library.needed()).contains("libcublas.so.12");
  }

  @Test
  void hashesAsElfDoes() {
    assertThat(ElfLibrary.hash("libcublas.so.12")).isEqualTo(0xef62132);
    assertThat(ElfLibrary.hash("libcublas.so.13")).isEqualTo(0xef62133);
    assertThat(ElfLibrary.hash("GLIBC_2.2.5")).isEqualTo(0x9691a75);
  }

  @Test
  void listsTheFunctionsThatJcublasTakesFromCublas() throws IOException {
    assertThat(ElfLibrary.of("JCublas", jcublas()).imports("cublas"))
        .hasSize(494)
        .contains("cublasCreate_v2", "cublasGemmEx");
  }

  @Test
  void refusesWhatCannotBeRewritten() throws IOException {
    ElfLibrary library = ElfLibrary.of("JCublas", jcublas());
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> library.withNeeded("libcublas.so.11", "libcublas.so.13"))
        .withMessageContaining("JCublas: cannot be read as a library: it needs [libpthread.so.0")
        .withMessageContaining("not libcublas.so.11");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> library.withNeeded("libcublas.so.12", "libcublas.so.9"));
  }

  @Test
  void refusesWhatIsNoLibrary() {
    byte[] text = "GROUP ( libm.so.6 )".getBytes(StandardCharsets.US_ASCII);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ElfLibrary.of("libm.so", text))
        .withMessage("libm.so: cannot be read as a library: no 64-bit little-endian ELF");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ElfLibrary.of("half", Arrays.copyOf(jcublas(), 100)))
        .withMessage("half: cannot be read as a library: it ends too early");
  }
}
