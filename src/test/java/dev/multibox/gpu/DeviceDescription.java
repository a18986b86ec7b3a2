package dev.multibox.gpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.cuda.cudnn.PlanTarget;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.JCudaDriver;
import dev.multibox.backend.cuda.driver.JCudnnApi;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.weights.WholeFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A GPU as cuDNN describes it in JSON, from which cuDNN can plan for that GPU where there is none.
 * The constants are those of {@code cudnn_graph.h} of cuDNN 9.8.
 */
final class DeviceDescription {
  static final int DEVICE_PROPERTIES = 38;
  private static final int HANDLE = 2701;
  static final int JSON = 2702;
  private static final int TYPE_HANDLE = 0;
  static final int TYPE_CHAR = 24;

  private DeviceDescription() {}

  /**
   * Writes the description of the first GPU to {@code file}, the whole of it or nothing.
   *
   * @return the GPU's name
   * @throws IOException if this cuDNN describes none, or the file cannot be written
   */
  static String write(Path file) throws IOException {
    try (JCudaDriver driver = JCudaDriver.open(0);
        Stream stream = driver.newStream();
        CudnnApi cudnn = JCudnnApi.open(stream)) {
      if (cudnn.version() < PlanTarget.DESCRIBED_SINCE) {
        throw new IOException(
            "--device-json: cuDNN %d describes no GPU, %d and newer do"
                .formatted(cudnn.version(), PlanTarget.DESCRIBED_SINCE));
      }
      long properties = cudnn.create(DEVICE_PROPERTIES);
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment handle = arena.allocateFrom(JAVA_LONG, cudnn.handle());
        cudnn.set(properties, HANDLE, TYPE_HANDLE, 1, handle);
        cudnn.finish(properties);
        WholeFile.write(file, json(cudnn, properties) + "\n");
      } finally {
        cudnn.destroy(properties);
      }
      return driver.device().name();
    }
  }

  /** What finished device properties say. */
  static String json(CudnnApi cudnn, long properties) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment none = arena.allocate(1);
      long length = cudnn.get(properties, JSON, TYPE_CHAR, 0, none);
      MemorySegment text = arena.allocate(Math.max(1, length));
      cudnn.get(properties, JSON, TYPE_CHAR, length, text);
      String json = new String(text.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
      return json.replace("\0", "").strip();
    }
  }
}
