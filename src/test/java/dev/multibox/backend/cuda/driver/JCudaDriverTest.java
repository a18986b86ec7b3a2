package dev.multibox.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.CCompiler;
import dev.multibox.ChildJvm;
import dev.multibox.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JCuda's natives call in {@code libcuda.so.1}, for every call of a {@link Driver}. */
@Needs(CCompiler.Gcc.class)
class JCudaDriverTest {
  private static final Path SOURCE = Path.of("src", "test", "c", "cuda.c");
  private static final Pattern FUNCTION =
      Pattern.compile("^CUresult (cu\\w+)\\(", Pattern.MULTILINE);

  @TempDir private static Path folder;

  private static Path library;

  @BeforeAll
  static void buildStandIn() throws IOException {
    library = CCompiler.library(folder, "libcuda.so.1", Files.readString(SOURCE));
  }

  private static List<String> run(String part, Map<String, String> environment)
      throws IOException, InterruptedException {
    ChildJvm.Result result =
        ChildJvm.run(StandInProgram.class, List.of(), environment, library, part);
    assertThat(result.exitCode()).describedAs(result.output()).isZero();
    return result.lines();
  }

  /** What stands between the opening and the closing of the driver. */
  private static List<String> run(String part) throws IOException, InterruptedException {
    List<String> lines = run(part, Map.of());
    assertThat(lines).contains("cuDevicePrimaryCtxRetain device 1", "cuCtxSetCurrent 0x100");
    assertThat(lines.subList(lines.size() - 3, lines.size()))
        .containsExactly(
            "cuStreamSynchronize 0x200",
            "cuStreamDestroy 0x200",
            "cuDevicePrimaryCtxRelease device 1");
    return lines.subList(lines.indexOf("# open") + 1, lines.size() - 3);
  }

  @Test
  void countsAndDescribesGpus() throws Exception {
    assertThat(run("count", Map.of()))
        .contains("cuInit 0", "cuDeviceGet 1", "cuDeviceGetName 256, device 1")
        .doesNotContain("cuDevicePrimaryCtxRetain device 1")
        .last()
        .isEqualTo(
            "# 2 GPUs, the second a DeviceProperties[name=Stand-in GPU 1, computeMajor=1075,"
                + " computeMinor=1076, driverVersion=13000, multiprocessors=1016,"
                + " maxThreadsPerMultiprocessor=1039, maxThreadsPerBlock=1001,"
                + " sharedBytesPerBlock=1008, optInSharedBytesPerBlock=1097, l2Bytes=1038,"
                + " totalBytes=150754820096]");
  }

  @Test
  void allocatesAndCopies() throws Exception {
    assertThat(run("memory"))
        .containsExactly(
            "cuMemGetInfo",
            "# free 123456789012",
            "cuMemAlloc 4096",
            "# allocated 0x700000000000",
            "cuMemAlloc 1",
            "cuCtxSynchronize",
            "cuMemcpyHtoDAsync 0x700000000010, 0102ff, 3, stream 0x200",
            "cuStreamSynchronize 0x200",
            "cuCtxSynchronize",
            "cuMemcpyHtoDAsync 0x700000000020, 09, 1, stream 0x200",
            "cuStreamSynchronize 0x200",
            "cuCtxSynchronize",
            "cuMemcpyDtoHAsync 0x700000000040, 3, stream 0x200",
            "cuStreamSynchronize 0x200",
            "# downloaded [1, 2, 3]",
            "cuCtxSynchronize",
            "cuMemcpyDtoHAsync 0x700000000080, 2, stream 0x200",
            "cuStreamSynchronize 0x200",
            "# downloaded [1, 2]",
            "cuMemHostAlloc 1048576, flags 1",
            "# pinned 1048576",
            "cuMemFreeHost",
            "cuCtxSynchronize",
            "cuMemFree 0x700000000000",
            "cuCtxSynchronize",
            "cuCtxSynchronize",
            "cuMemFree 0x700000001000");
  }

  @Test
  void freesWhatIsLeftWhenItIsClosed() throws Exception {
    assertThat(run("leftovers", Map.of()))
        .endsWith(
            "# open",
            "cuMemHostAlloc 8, flags 1",
            "cuMemAlloc 16",
            "cuStreamSynchronize 0x200",
            "cuStreamDestroy 0x200",
            "cuMemFree 0x700000000000",
            "cuDevicePrimaryCtxRelease device 1");
  }

  @Test
  void putsWorkOnStreamsAndTakesTheTime() throws Exception {
    assertThat(run("streams"))
        .containsExactly(
            "cuMemHostAlloc 4, flags 1",
            "cuStreamCreate 1",
            "# handle 0x201",
            "cuMemcpyHtoDAsync 0x1000, 08090a, 3, stream 0x201",
            "cuMemcpyDtoHAsync 0x2000, 4, stream 0x201",
            "# downloaded [1, 2, 3, 4]",
            "cuMemcpyDtoDAsync 0x4000, 0x3000, 5368709120, stream 0x201",
            "cuMemsetD8Async 0x5000, 255, 6442450944, stream 0x201",
            "cuEventCreate 0",
            "cuEventCreate 0",
            "cuEventRecord 0x300, stream 0x201",
            "cuStreamWaitEvent 0x201, event 0x301, 0",
            "cuEventQuery 0x301",
            "# done true",
            "cuEventSynchronize 0x301",
            "cuEventElapsedTime 0x300, 0x301",
            "# 1.5 ms",
            "cuEventDestroy 0x300",
            "cuEventDestroy 0x301",
            "cuStreamSynchronize 0x201",
            "cuStreamSynchronize 0x201",
            "cuStreamDestroy 0x201");
  }

  @Test
  void compilesAndLaunchesKernels() throws Exception {
    List<String> attributes =
        List.of(
            "cuFuncGetAttribute 0, function 0x600",
            "cuFuncGetAttribute 4, function 0x600",
            "cuFuncGetAttribute 1, function 0x600",
            "cuFuncGetAttribute 8, function 0x600",
            "cuFuncGetAttribute 3, function 0x600");
    assertThat(run("kernels"))
        .startsWith(
            "cuModuleLoadDataEx 146 bytes, 2 options: 5, 6 = 16384",
            "cuModuleGetFunction 0x500, scale")
        .containsSequence(attributes)
        .contains(
            "# scale KernelAttributes[maxThreadsPerBlock=1024, registers=14, staticSharedBytes=11,"
                + " maxDynamicSharedBytes=49152, localBytes=13]")
        .endsWith(
            "cuModuleGetGlobal 0x500, table",
            "# variable at 0x7fff00000100",
            "cuStreamCreate 1",
            "cuLaunchKernel 0x600, 70000 2 3, 32 4 5, 1024, stream 0x201, 0x700000001234, -5, 0.25,"
                + " 0102030405060708, (nil)",
            "cuLaunchKernel 0x600, 1 1 1, 1 1 1, 0, stream 0x201, 0x1, 2, 3, 0000000000000000,"
                + " (nil)",
            "cuStreamSynchronize 0x201",
            "cuStreamDestroy 0x201",
            "cuModuleUnload 0x500")
        .containsSequence("cuFuncSetAttribute 0x600, 8 = 65536", attributes.getFirst());
  }

  @Test
  void capturesGraphs() throws Exception {
    assertThat(run("graphs"))
        .containsExactly(
            "cuStreamCreate 1",
            "cuStreamBeginCapture 0x201, mode 1",
            "# captures true",
            "cuMemsetD8Async 0x1000, 0, 16, stream 0x201",
            "cuStreamEndCapture 0x201",
            "cuGraphGetNodes 0x400, (nil)",
            "cuGraphInstantiate 0x400, 0",
            "# captured 3, captures false",
            "cuGraphLaunch 0x401, stream 0x201",
            "cuGraphExecDestroy 0x401",
            "cuGraphDestroy 0x400",
            "cuStreamBeginCapture 0x201, mode 1",
            "cuStreamEndCapture 0x201",
            "cuGraphDestroy 0x400",
            "# in the middle, captures false",
            "cuStreamSynchronize 0x201",
            "cuStreamDestroy 0x201");
  }

  @Test
  void everyThreadMakesTheContextCurrentOnce() throws Exception {
    assertThat(run("threads"))
        .containsExactly(
            "cuCtxSetCurrent 0x100",
            "cuMemAlloc 8",
            "cuCtxSynchronize",
            "cuMemFree 0x700000000000");
  }

  @Test
  void refusesWithTheDriversWords() throws Exception {
    assertThat(run("refusals"))
        .filteredOn(line -> line.startsWith("#"))
        .containsExactly(
            "# IllegalArgumentException: allocate(bytes=0): wanted a positive number",
            "# DriverException: load(name=bad.ptx, 6 bytes): CUDA_ERROR_INVALID_PTX: ptxas"
                + " application ptx input, line 7; error",
            "# DriverException: scale.ptx: kernel(name=absent): CUDA_ERROR_NOT_FOUND: what it means",
            "# IllegalArgumentException: upload: the host memory is not pinned");
  }

  @Test
  void namesTheCallItsArgumentsAndTheRemedy() throws Exception {
    assertThat(run("memory", Map.of("STANDIN_FAIL", "cuMemAlloc_v2=2")))
        .last()
        .isEqualTo(
            "# DriverException: allocate(bytes=4096): CUDA_ERROR_OUT_OF_MEMORY: what it means; ask"
                + " for less, or end what else uses the GPU");
    assertThat(run("count", Map.of("STANDIN_FAIL", "cuInit=100")))
        .last()
        .isEqualTo(
            "# DriverException: cuInit(): CUDA_ERROR_NO_DEVICE: what it means; look at nvidia-smi"
                + " and at CUDA_VISIBLE_DEVICES");
    assertThat(run("kernels", Map.of("STANDIN_FAIL", "cuLaunchKernel=700")))
        .last()
        .asString()
        .startsWith(
            "# DriverException: scale<<<70000 x 2 x 3, 32 x 4 x 5, 1024>>>:"
                + " CUDA_ERROR_ILLEGAL_ADDRESS: what it means; ")
        .contains("-Dmultibox.syncLaunches=true");
    assertThat(run("streams", Map.of("STANDIN_FAIL", "cuEventQuery=12345")))
        .last()
        .isEqualTo(
            "# DriverException: Event.isDone(): error 12345: the driver does not know this error");
  }

  @Test
  void anEventThatIsNotReachedIsNotDone() throws Exception {
    assertThat(run("streams", Map.of("STANDIN_FAIL", "cuEventQuery=600"))).contains("# done false");
  }

  @Test
  void waitsForEachLaunchWhenAskedTo() throws Exception {
    ChildJvm.Result result =
        ChildJvm.run(
            StandInProgram.class,
            List.of("-Dmultibox.syncLaunches=true"),
            Map.of(),
            library,
            "kernels");
    assertThat(result.lines())
        .containsSubsequence(
            "cuStreamCreate 1",
            "cuStreamSynchronize 0x201",
            "cuStreamSynchronize 0x201",
            "cuStreamSynchronize 0x201",
            "cuStreamDestroy 0x201");
  }

  /** The driver must have what is called, and nothing else need be there. */
  @Test
  void listsEveryFunctionThatIsCalled() throws IOException {
    Matcher functions = FUNCTION.matcher(Files.readString(SOURCE));
    Set<String> known = new TreeSet<>();
    while (functions.find()) {
      known.add(functions.group(1));
    }
    assertThat(JCudaDriver.FUNCTIONS).containsExactlyElementsOf(known);
  }
}
