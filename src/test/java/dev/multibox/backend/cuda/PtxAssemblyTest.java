package dev.multibox.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Assembles every kernel that is shipped for the GPUs it may meet, with the compiler of CUDA 12.0,
 * which needs no GPU. Where that is not published for a system, the test is skipped.
 */
final class PtxAssemblyTest {
  private static final Path SOURCES = Path.of("src/main/cuda");
  private static final Path KERNELS = Path.of("src/main/resources/dev/multibox/cuda");
  private static final List<Integer> ARCHITECTURES = List.of(75, 80, 86, 89, 90);

  /** How a source admits that a kernel keeps something in local memory, and why. */
  private static final Pattern ADMITTED =
      Pattern.compile("// local memory admitted: (\\w+) (\\d+) bytes, \\S.*");

  @Test
  void everyKernelAssemblesWithoutSpillsOrUnadmittedLocalMemory() throws IOException {
    PtxAssembler assembler = PtxAssembler.open();
    List<String> faults = new ArrayList<>();
    List<String> report = new ArrayList<>();
    report.add("kernel, sm, registers, static shared bytes, local bytes");
    for (Path source : PtxBuild.sources(SOURCES)) {
      Map<String, Integer> admitted = admitted(source);
      String ptx = Files.readString(PtxBuild.ptxOf(SOURCES, source, KERNELS));
      for (int sm : ARCHITECTURES) {
        List<PtxAssembler.Usage> usages = assembler.assemble(ptx, sm);
        assertThat(usages).as("%s for sm_%d", source, sm).isNotEmpty();
        for (PtxAssembler.Usage usage : usages) {
          report.add(
              "%s, %d, %d, %d, %d"
                  .formatted(
                      usage.kernel(),
                      sm,
                      usage.registers(),
                      usage.sharedBytes(),
                      usage.localBytes()));
          if (usage.spillBytes() > 0
              || usage.localBytes() > admitted.getOrDefault(usage.kernel(), 0)) {
            faults.add("%s for sm_%d: %s".formatted(source, sm, usage));
          }
        }
      }
    }
    Files.createDirectories(Path.of("target"));
    Files.write(Path.of("target", "kernel-resources.csv"), report);

    assertThat(faults).isEmpty();
  }

  private static Map<String, Integer> admitted(Path source) throws IOException {
    Map<String, Integer> admitted = new HashMap<>();
    Matcher line = ADMITTED.matcher(Files.readString(source));
    while (line.find()) {
      admitted.put(line.group(1), Integer.valueOf(line.group(2)));
    }
    return admitted;
  }

  @Test
  void refusesWhatIsNoPtx() {
    PtxAssembler assembler = PtxAssembler.open();

    assertThat(assembler.errors(".version 8.0\n.target sm_75\nnonsense", 80)).contains("nonsense");
  }

  @Test
  void seesLocalMemory() {
    PtxAssembler assembler = PtxAssembler.open();
    String ptx =
        """
        .version 8.0
        .target sm_75
        .address_size 64
        .visible .entry indexed(.param .u64 out, .param .u32 i)
        {
          .local .align 4 .b8 table[64];
          .reg .b64 %rd<6>;
          .reg .b32 %r<6>;
          ld.param.u64 %rd1, [out];
          ld.param.u32 %r1, [i];
          mul.wide.u32 %rd2, %r1, 4;
          mov.u64 %rd3, table;
          add.u64 %rd4, %rd3, %rd2;
          ld.param.u32 %r2, [i];
          st.local.u32 [%rd4], %r2;
          ld.local.u32 %r3, [%rd3+8];
          st.global.u32 [%rd1], %r3;
          ret;
        }
        """;

    List<PtxAssembler.Usage> usages = assembler.assemble(ptx, 80);

    assertThat(usages).hasSize(1);
    assertThat(usages.getFirst().kernel()).isEqualTo("indexed");
    assertThat(usages.getFirst().localBytes()).isEqualTo(64);
    assertThat(usages.getFirst().registers()).isPositive();
  }
}
