package dev.multibox.backend.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.model.ModelRegistry;
import dev.multibox.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every convolution of a training step of every model has a good plan on an H200: tensor cores, and
 * a workspace too small for a padded copy of a tensor. The whole table goes to {@code
 * target/cudnn-plans.txt}.
 */
@OfflineCudnn.NeedsPlans
class CudnnPlansTest {
  /** Partial sums of a split reduction take a few; a padded copy of a map takes 50 and more. */
  private static final long MOST_WORKSPACE = 16L << 20;

  /** What a convolution may take at all. */
  private static final long ALLOWED_WORKSPACE = 256L << 20;

  /**
   * What cuDNN 9.24 has tensor cores for in TF32 only through copies to another layout: seven by
   * seven taps of the image, and taps six pixels apart.
   */
  private static final List<String> TF32_WITH_COPIES = List.of(" w[64,7,7,8] ", " d6x6 ");

  private static final List<String> TABLES = new ArrayList<>();

  private static PlanSearch search;

  @BeforeAll
  static void openCudnn() {
    CudnnApi api = OfflineCudnn.open();
    search = new PlanSearch(api, OfflineCudnn.h200(api));
    TABLES.add(
        "What cuDNN %d proposes first for an H200, of what is allowed.".formatted(api.version()));
    TABLES.add(
        "A plan is the place among the proposals (A of the heuristics, F of the fallback), the"
            + " engine, and its notes: t tensor cores, r sums of less precision, n not"
            + " deterministic, w Winograd, f FFT, c inputs rounded, s NaNs kept.");
  }

  @AfterAll
  static void writeTables() throws IOException {
    search.close();
    Files.createDirectories(Path.of("target"));
    Files.write(Path.of("target", "cudnn-plans.txt"), TABLES);
  }

  static List<String> models() {
    return ModelRegistry.names();
  }

  @ParameterizedTest
  @MethodSource("models")
  void ampRunsOnTensorCores(String model) {
    check(model, DType.F16, MathPolicy.AMP);
  }

  @ParameterizedTest
  @MethodSource("models")
  void tf32RunsOnTensorCores(String model) {
    check(model, DType.F32, MathPolicy.TF32);
  }

  @ParameterizedTest
  @MethodSource("models")
  void fp32RunsWithoutTensorCores(String model) {
    check(model, DType.F32, MathPolicy.FP32);
  }

  private static void check(String model, DType type, MathPolicy policy) {
    List<ConvolutionCall> calls = ModelConvolutions.of(model, type);
    assertThat(calls).isNotEmpty();
    PlanTable table = new PlanTable(model, policy, ModelConvolutions.BATCH);
    List<String> faults = new ArrayList<>();
    for (ConvolutionCall call : calls) {
      List<ConvolutionPlan> plans = offered(call, policy, workspace(call, policy));
      ConvolutionPlan best = best(plans, policy);
      boolean copied = isCopied(call, policy);
      if (best != null) {
        table.add(best, plans.size(), copied ? "through copies" : "");
      } else if ((copied || isDepthwise(call)) && !plans.isEmpty()) {
        String remark = copied ? "because copies would take over 256 MiB" : "because of groups";
        table.add(plans.getFirst(), plans.size(), remark);
      } else {
        faults.add("%s: %s".formatted(call.label(), names(plans)));
      }
      plans.forEach(ConvolutionPlan::close);
    }
    System.out.println("cuDNN: " + table.summary());
    TABLES.add("");
    TABLES.addAll(table.lines());
    assertThat(faults).isEmpty();
  }

  private static long workspace(ConvolutionCall call, MathPolicy policy) {
    return isCopied(call, policy) ? ALLOWED_WORKSPACE : MOST_WORKSPACE;
  }

  private static boolean isCopied(ConvolutionCall call, MathPolicy policy) {
    return policy == MathPolicy.TF32 && TF32_WITH_COPIES.stream().anyMatch(call.label()::contains);
  }

  /** Each filter then has nothing to sum that tensor cores could. */
  private static boolean isDepthwise(ConvolutionCall call) {
    return call.params().groups() > 1;
  }

  /** What is timed against each other on a GPU; a bias without a plan is a kernel of ours. */
  private static List<ConvolutionPlan> offered(
      ConvolutionCall call, MathPolicy policy, long workspace) {
    if (call.activation() == Activation.NONE || call.activation() == Activation.RELU) {
      List<ConvolutionPlan> plans = search.find(call, policy, workspace, PlanBook.COMPARED);
      if (!plans.isEmpty() || !call.bias()) {
        return plans;
      }
    }
    ConvolutionCall plain =
        ConvolutionCall.plain(call.pass(), call.type(), call.x(), call.filter(), call.params());
    return search.find(plain, policy, workspace, PlanBook.COMPARED);
  }

  /** The first that is as its policy wants; null if none is. */
  private static @Nullable ConvolutionPlan best(List<ConvolutionPlan> plans, MathPolicy policy) {
    boolean wanted = policy != MathPolicy.FP32;
    for (ConvolutionPlan plan : plans) {
      if (plan.notes().contains(NumericalNote.TENSOR_CORE) == wanted
          && !MathPolicy.isLastResort(plan.notes())) {
        return plan;
      }
    }
    return null;
  }

  private static List<String> names(List<ConvolutionPlan> plans) {
    return plans.stream()
        .map(plan -> "%s/%dK".formatted(plan.name(), plan.workspaceBytes() >> 10))
        .toList();
  }
}
