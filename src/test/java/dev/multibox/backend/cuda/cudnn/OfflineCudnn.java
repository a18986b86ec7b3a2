package dev.multibox.backend.cuda.cudnn;

import dev.multibox.Needs;
import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.backend.cuda.driver.JCudnnApi;
import dev.multibox.natives.CudaFinding;
import dev.multibox.natives.CudaLibraries;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;

/** The cuDNN of this machine, for what it does without a GPU. */
public final class OfflineCudnn {
  private static final String DESCRIPTION = "/dev/multibox/cudnn/h200.json";

  private static @Nullable CudnnApi opened;

  private OfflineCudnn() {}

  /** A test that has convolutions planned for a GPU that is only described. */
  @Target({ElementType.TYPE, ElementType.METHOD})
  @Retention(RetentionPolicy.RUNTIME)
  @Tag("cudnn-offline")
  @Needs(Plans.class)
  public @interface NeedsPlans {}

  /** A test that has graphs of convolutions made, and nothing planned. */
  @Target(ElementType.TYPE)
  @Retention(RetentionPolicy.RUNTIME)
  @Tag("cudnn-offline")
  @Needs(Graphs.class)
  public @interface NeedsGraphs {}

  /** A cuDNN that plans for a described GPU. */
  record Plans() implements Needs.Thing {
    @Override
    public String absence() {
      return OfflineCudnn.absence(PlanTarget.DESCRIBED_SINCE, "9.8");
    }
  }

  /** A cuDNN that makes graphs as ours are. */
  record Graphs() implements Needs.Thing {
    @Override
    public String absence() {
      return OfflineCudnn.absence(90_500, "9.5");
    }
  }

  private static String absence(long since, String version) {
    CudaLibraries libraries = CudaSystem.find().libraries();
    if (libraries == null) {
      return CudaSystem.find().problems().getFirst();
    }
    String remedy =
        "name a folder with cuDNN %s or newer and its cuBLAS: -Dmultibox.cuda.path=FOLDER"
            .formatted(version);
    for (CudaFinding library : List.of(libraries.cudnn(), libraries.cublas())) {
      if (!library.isUsable()) {
        return "no %s: %s; %s".formatted(library.name(), library.problem(), remedy);
      }
    }
    return libraries.cudnnVersion() >= since
        ? ""
        : "%s is cuDNN %s, which does not plan without a GPU; %s"
            .formatted(libraries.cudnn().file(), libraries.cudnnVersionText(), remedy);
  }

  /** The one of this process; only behind {@link NeedsPlans} or {@link NeedsGraphs}. */
  public static synchronized CudnnApi open() {
    CudnnApi api = opened;
    if (api == null) {
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
