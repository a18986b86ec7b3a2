package dev.multibox.backend.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.autograd.Recompute;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.dry.DryBackend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Recipe;
import dev.multibox.train.StepSettings;
import dev.multibox.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every convolution of a training step of every model has a good plan on an H200: tensor cores, and
 * a workspace too small for a padded copy of a tensor. The whole table goes to {@code
 * target/cudnn-plans.txt}.
 */
@Tag("cudnn-offline")
class CudnnPlansTest {
  private static final int BATCH = 32;
  private static final int CLASSES = 81;
  private static final int MOST_OBJECTS = 8;

  /** Partial sums of a split reduction take a few; a padded copy of a map takes 50 and more. */
  private static final long MOST_WORKSPACE = 16L << 20;

  /**
   * What cuDNN 9.24 has tensor cores for in TF32 only through copies to another layout, of more
   * than this workspace: seven by seven taps of the image, and taps six pixels apart.
   */
  private static final List<String> TF32_WITH_COPIES = List.of(" w[64,7,7,8] ", " d6x6 ");

  private static final List<String> TABLE = new ArrayList<>();

  private static PlanSearch search;

  @BeforeAll
  static void openCudnn() {
    var api = OfflineCudnn.require();
    search = new PlanSearch(api, OfflineCudnn.h200(api));
  }

  @AfterAll
  static void writeTable() throws IOException {
    if (search != null) {
      search.close();
      Files.createDirectories(Path.of("target"));
      Files.write(Path.of("target", "cudnn-plans.txt"), TABLE);
    }
  }

  static List<String> models() {
    return ModelRegistry.names();
  }

  private static List<ConvolutionCall> convolutions(String model, DType type) {
    try (DryBackend dry = DryBackend.withChannelMultiple(8);
        TensorArena arena = dry.newArena()) {
      Ssd.Config config = Ssd.Config.of(ModelRegistry.find(model), CLASSES);
      long pixels = 3L * config.inputHeight() * config.inputWidth();
      StepSettings settings =
          new StepSettings(
              BATCH, 1, MOST_OBJECTS, BATCH * TensorArena.padded(pixels), Recompute.NONE);
      return TrainingStep.plan(dry, new Ssd(dry, config, type, arena), Recipe.scratch(), settings)
          .convolutions();
    }
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
    List<ConvolutionCall> calls = convolutions(model, type);
    assertThat(calls).isNotEmpty();
    List<String> faults = new ArrayList<>();
    long mostWorkspace = 0;
    for (ConvolutionCall call : calls) {
      List<ConvolutionPlan> plans = offered(call, policy);
      ConvolutionPlan plan = plans.isEmpty() ? null : best(plans, policy);
      // Depthwise, a filter has nothing to sum that tensor cores could.
      boolean excused =
          call.params().groups() > 1
              || (policy == MathPolicy.TF32
                  && TF32_WITH_COPIES.stream().anyMatch(call.label()::contains));
      if (plan == null && excused && !plans.isEmpty()) {
        TABLE.add("%s %s %s: %s".formatted(model, policy, call.label(), names(plans)));
      } else if (plan == null) {
        faults.add("%s: %s".formatted(call.label(), names(plans)));
      } else {
        mostWorkspace = Math.max(mostWorkspace, plan.workspaceBytes());
        TABLE.add(
            "%s %s %s: %s, %d KiB of %s"
                .formatted(
                    model,
                    policy,
                    plan.call().label(),
                    plan.name(),
                    plan.workspaceBytes() >> 10,
                    names(plans)));
      }
      plans.forEach(ConvolutionPlan::close);
    }
    System.out.printf(
        Locale.ROOT,
        "cuDNN plans for an H200: %s %s, batch %d: %d convolutions, at most %d KiB of workspace%n",
        model,
        policy,
        BATCH,
        calls.size(),
        mostWorkspace >> 10);
    assertThat(faults).isEmpty();
  }

  /** What is timed against each other on a GPU; a bias without a plan is a kernel of ours. */
  private static List<ConvolutionPlan> offered(ConvolutionCall call, MathPolicy policy) {
    if (call.activation() == Activation.NONE || call.activation() == Activation.RELU) {
      List<ConvolutionPlan> plans = search.find(call, policy, MOST_WORKSPACE, PlanBook.COMPARED);
      if (!plans.isEmpty() || !call.bias()) {
        return plans;
      }
    }
    ConvolutionCall plain =
        ConvolutionCall.plain(call.pass(), call.type(), call.x(), call.filter(), call.params());
    return search.find(plain, policy, MOST_WORKSPACE, PlanBook.COMPARED);
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
