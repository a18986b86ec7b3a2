package dev.multibox;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;

/** The CUDA backend on this machine's first GPU, where there is one. */
public final class RealBackend {
  private RealBackend() {}

  /** The backend; none without a GPU. */
  static Stream<Named<Backend>> ifThere() {
    if (!CudaSystem.find().isUsable()) {
      return Stream.empty();
    }
    return Stream.of("cuda").map(name -> Named.of(name, open()));
  }

  private static Backend open() {
    try {
      return CudaBackend.open(0, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For the end of all tests: the GPU, or why there is none. */
  static String description() {
    CudaSystem system = CudaSystem.find();
    return system.isUsable()
        ? system.devices().getFirst().name()
        : "absent (%s)".formatted(system.problems().getFirst().replaceFirst(";.*", ""));
  }
}
