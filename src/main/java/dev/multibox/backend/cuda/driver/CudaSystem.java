package dev.multibox.backend.cuda.driver;

import dev.multibox.natives.CudaFinding;
import dev.multibox.natives.CudaLibraries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this machine offers to the CUDA backend, asked once: the libraries, the GPUs, and the
 * reasons why there are none. Asking never fails, and leaves nothing on a GPU.
 *
 * @param libraries what was found of CUDA; null if even that could not be asked
 * @param devices the GPUs, in the order of their numbers; empty if none can be used
 * @param problems why the backend cannot run here, a line each, the decisive one first; empty if it
 *     can
 */
public record CudaSystem(
    @Nullable CudaLibraries libraries, List<DeviceProperties> devices, List<String> problems) {
  /** The oldest GPU that the kernels are compiled for, 7.5. */
  private static final int OLDEST_CAPABILITY = 75;

  private static final int DRIVER_OF_CUDA_12 = 12_000;

  private static @Nullable CudaSystem found;

  public CudaSystem {
    devices = List.copyOf(devices);
    problems = List.copyOf(problems);
  }

  /** This machine's; only the first call looks. */
  public static synchronized CudaSystem find() {
    CudaSystem system = found;
    if (system == null) {
      system = look();
      found = system;
    }
    return system;
  }

  private static CudaSystem look() {
    CudaLibraries libraries;
    try {
      libraries =
          CudaLibraries.load(
              new CudaLibraries.Called(
                  JCudaDriver.FUNCTIONS, JCudnnApi.FUNCTIONS, JCublasApi.FUNCTIONS));
    } catch (IOException e) {
      return new CudaSystem(null, List.of(), List.of(String.valueOf(e.getMessage())));
    }
    List<String> problems = new ArrayList<>(libraries.problems());
    List<DeviceProperties> devices = List.of();
    if (libraries.driver().isUsable()) {
      try {
        devices = askDriver();
        problems.addAll(problemsOf(devices, libraries.cudaVersion()));
      } catch (IOException | DriverException e) {
        problems.addFirst(String.valueOf(e.getMessage()));
      }
    }
    return new CudaSystem(libraries, devices, problems);
  }

  private static List<DeviceProperties> askDriver() throws IOException {
    List<DeviceProperties> devices = new ArrayList<>();
    int count = JCudaDriver.count();
    for (int i = 0; i < count; i++) {
      devices.add(JCudaDriver.properties(i));
    }
    return devices;
  }

  /** What of these GPUs does not go with the backend, or with libraries of this CUDA. */
  static List<String> problemsOf(List<DeviceProperties> devices, int cudaVersion) {
    if (devices.isEmpty()) {
      return List.of("the driver sees no GPU; look at nvidia-smi and at CUDA_VISIBLE_DEVICES");
    }
    List<String> problems = new ArrayList<>();
    int driver = devices.getFirst().driverVersion();
    int wanted = Math.max(DRIVER_OF_CUDA_12, cudaVersion * 1000);
    if (driver < wanted) {
      problems.add(
          String.format(
              Locale.ROOT,
              "the driver is of CUDA %s, the libraries want one of CUDA %d; update it%s",
              version(driver),
              wanted / 1000,
              wanted > DRIVER_OF_CUDA_12 ? ", or take cuDNN and cuBLAS of CUDA 12" : ""));
    }
    for (DeviceProperties device : devices) {
      if (device.computeMajor() * 10 + device.computeMinor() < OLDEST_CAPABILITY) {
        problems.add(
            String.format(
                Locale.ROOT,
                "%s has compute capability %d.%d, the kernels need 7.5",
                device.name(),
                device.computeMajor(),
                device.computeMinor()));
      }
    }
    return problems;
  }

  /** Whether the CUDA backend can run here. */
  public boolean isUsable() {
    return problems.isEmpty();
  }

  /** For example {@code 12.4} for 12040. */
  public static String version(int version) {
    return String.format(Locale.ROOT, "%d.%d", version / 1000, version % 1000 / 10);
  }

  /** Each library by name: its version and path, or what is wrong with it. */
  public Map<String, String> libraryFacts() {
    Map<String, String> facts = new LinkedHashMap<>();
    CudaLibraries found = libraries;
    if (found != null) {
      String version = "%s for CUDA %d, ".formatted(found.cudnnVersionText(), found.cudaVersion());
      facts.put(found.driver().name(), fact(found.driver(), ""));
      facts.put(found.cudnn().name(), fact(found.cudnn(), version));
      facts.put(found.cublas().name(), fact(found.cublas(), ""));
    }
    return facts;
  }

  private static String fact(CudaFinding finding, String version) {
    return finding.isUsable() ? version + finding.where() : finding.explanation();
  }
}
