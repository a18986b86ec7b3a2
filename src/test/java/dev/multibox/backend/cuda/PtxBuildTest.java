package dev.multibox.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PtxBuildTest {
  /** Folders of sources with the folders their PTX is committed in. */
  private static final Map<Path, Path> FOLDERS =
      Map.of(
          Path.of("src/main/cuda"), Path.of("src/main/resources/dev/multibox/cuda"),
          Path.of("src/test/cuda"), Path.of("src/test/resources/dev/multibox/cuda"));

  @Test
  void everyKernelFileIsCommittedAsItsSourceStands() throws IOException {
    List<Path> stale = new ArrayList<>();
    List<Path> current = new ArrayList<>();
    for (Map.Entry<Path, Path> folder : FOLDERS.entrySet()) {
      for (Path source : PtxBuild.sources(folder.getKey())) {
        Path ptx = PtxBuild.ptxOf(folder.getKey(), source, folder.getValue());
        (PtxBuild.isCurrent(source, ptx) ? current : stale).add(source);
      }
    }
    assertThat(stale).as("build with nvcc and commit the PTX").isEmpty();
    assertThat(current).isNotEmpty();
  }

  @Test
  void everyPtxHasASource() throws IOException {
    List<Path> orphans = new ArrayList<>();
    for (Map.Entry<Path, Path> folder : FOLDERS.entrySet()) {
      if (!Files.isDirectory(folder.getValue())) {
        continue;
      }
      try (Stream<Path> files = Files.walk(folder.getValue())) {
        for (Path ptx : files.filter(file -> file.toString().endsWith(".ptx")).toList()) {
          String name = folder.getValue().relativize(ptx).toString().replace(".ptx", ".cu");
          if (!Files.exists(folder.getKey().resolve(name))) {
            orphans.add(ptx);
          }
        }
      }
    }
    assertThat(orphans).isEmpty();
  }

  @Test
  void writesWhatAnOlderDriverTakes() {
    String ptx =
        PtxBuild.portable(
            """
            .version 9.0
            .target sm_75
            	.loc	1 3 41
            	.loc	1 2 52, function_name $L__info_string0, inlined_at 1 3 41
            	ret;
            	.file	1 "%s/src/main/cuda/a.cu"
            	.file	2 "/usr/local/cuda-13.0/include/cuda_fp16.hpp"
            	.section	.debug_str
            	{
            $L__info_string0:
            .b8 95,90,0

            	}
            """
                .formatted(Path.of("").toAbsolutePath()));

    assertThat(ptx)
        .isEqualTo(
            """
            .version 8.0
            .target sm_75
            	.loc	1 3 41
            	.loc	1 2 52
            	ret;
            	.file	1 "src/main/cuda/a.cu"
            	.file	2 "cuda_fp16.hpp"
            """);
  }

  @Test
  void aChangeInAnIncludedFileChangesTheHash(@TempDir Path folder) throws IOException {
    Path source = Files.writeString(folder.resolve("a.cu"), "#include \"b.cuh\"\n");
    Path included = Files.writeString(folder.resolve("b.cuh"), "#include \"c.cuh\"\n");
    Path deeper = Files.writeString(folder.resolve("c.cuh"), "// one\n");
    String first = PtxBuild.hash(source);

    Files.writeString(deeper, "// two\n");
    String second = PtxBuild.hash(source);
    Files.writeString(included, "#include \"c.cuh\"\n// more\n");

    assertThat(second).isNotEqualTo(first);
    assertThat(PtxBuild.hash(source)).isNotEqualTo(second);
  }

  @Test
  void ptxOfAnotherSourceIsStale(@TempDir Path folder) throws IOException {
    Path source = Files.writeString(folder.resolve("a.cu"), "// a\n");
    Path ptx = Files.writeString(folder.resolve("a.ptx"), "// source sha256: 00\n");
    assertThat(PtxBuild.isCurrent(source, ptx)).isFalse();

    Files.writeString(ptx, "// source sha256: " + PtxBuild.hash(source) + "\n.version 8.0\n");

    assertThat(PtxBuild.isCurrent(source, ptx)).isTrue();
  }
}
