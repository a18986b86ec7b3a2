package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.JCudnnApi;
import dev.multibox.natives.CudaLibraries;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The cuDNN of this machine, for plans for an H200 that is only described: no GPU is needed. */
public final class OfflineCudnn {
  private static final String DESCRIPTION = "/dev/multibox/cudnn/h200.json";

  private static @Nullable CudnnApi opened;

  private OfflineCudnn() {}

  /** Skips the test that asks, with the reason, where there is no cuDNN that can. */
  public static synchronized CudnnApi require() {
    CudnnApi api = opened;
    if (api == null) {
      CudaLibraries libraries = CudaSystem.find().libraries();
      if (libraries == null) {
        return Assumptions.abort("no libraries of CUDA can be looked for");
      }
      Assumptions.assumeTrue(
          libraries.cudnn().isUsable(), () -> "no cuDNN: " + libraries.cudnn().explanation());
      Assumptions.assumeTrue(
          libraries.cublas().isUsable(), () -> "no cuBLAS: " + libraries.cublas().explanation());
      Assumptions.assumeTrue(
          libraries.cudnnVersion() >= PlanTarget.DESCRIBED_SINCE,
          () -> "cuDNN %s cannot plan without a GPU".formatted(libraries.cudnnVersionText()));
      try {
        api = JCudnnApi.openOffline();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      opened = api;
    }
    return api;
  }

  /** What cuDNN is told of an H200, written by hand from its public figures. */
  public static PlanTarget h200(CudnnApi api) {
    try (InputStream in = OfflineCudnn.class.getResourceAsStream(DESCRIPTION)) {
      return PlanTarget.described(
          api, new String(in.readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
