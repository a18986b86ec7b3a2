package dev.multibox.cli;

import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code multibox info} says of the GPUs and of the libraries that compute on them. */
final class GpuReport {
  private GpuReport() {}

  /** By name, in the order in which it is shown; says why where there is no GPU. */
  static Map<String, String> facts(CudaSystem system) {
    Map<String, String> facts = new LinkedHashMap<>();
    List<DeviceProperties> devices = system.devices();
    for (int i = 0; i < devices.size(); i++) {
      facts.put("GPU " + i, describe(devices.get(i)));
    }
    if (!system.isUsable()) {
      String none = devices.isEmpty() ? "none: " : "not usable: ";
      facts.put("GPU", none + system.problems().getFirst());
    }
    facts.putAll(system.libraryFacts());
    var libraries = system.libraries();
    if (!system.isUsable() && libraries != null && !libraries.searched().isEmpty()) {
      facts.put("Searched", libraries.searched());
    }
    return facts;
  }

  private static String describe(DeviceProperties device) {
    return String.format(
        Locale.ROOT,
        "%s, compute capability %d.%d, %d multiprocessors, %,d MiB, driver of CUDA %s",
        device.name(),
        device.computeMajor(),
        device.computeMinor(),
        device.multiprocessors(),
        device.totalBytes() >> 20,
        CudaSystem.version(device.driverVersion()));
  }
}
