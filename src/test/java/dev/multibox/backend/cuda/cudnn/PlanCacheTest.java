package dev.multibox.backend.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which plan was fastest is known to the next process on the same GPU with the same cuDNN. */
class PlanCacheTest {
  private static final String GPU = "NVIDIA H200";
  private static final ConvolutionCall CALL =
      ConvolutionCall.plain(
          Pass.FORWARD,
          DType.F16,
          Shape.of(8, 38, 38, 256),
          Shape.of(512, 3, 3, 256),
          ConvolutionParams.of(1, 1));

  @TempDir private Path folder;

  private PlanCache cache() {
    return PlanCache.at(folder, GPU, 92_400);
  }

  @Test
  void remembersFromOneProcessToTheNext() throws IOException {
    ConvolutionCall other = CALL.withBias(Activation.RELU);
    cache().remember(CALL, MathPolicy.AMP, "A3:62t");
    cache().remember(other, MathPolicy.AMP, "A0:41t");
    assertThat(cache().find(CALL, MathPolicy.AMP)).isEqualTo("A3:62t");
    assertThat(cache().find(other, MathPolicy.AMP)).isEqualTo("A0:41t");
    assertThat(folder.resolve("NVIDIA-H200-cudnn92400.txt"))
        .content()
        .isEqualTo(
            """
            forward f16 x[8,38,38,256] w[512,3,3,256] s1x1 p1x1 d1x1 g1 amp = A3:62t
            forward f16 x[8,38,38,256] w[512,3,3,256] s1x1 p1x1 d1x1 g1 bias relu amp = A0:41t
            """);
  }

  @Test
  void forgetsForAnotherCallGpuOrVersion() {
    cache().remember(CALL, MathPolicy.AMP, "A3:62t");
    assertThat(cache().find(CALL.with(Accumulate.ADD), MathPolicy.AMP)).isNull();
    assertThat(cache().find(CALL.withImages(4), MathPolicy.AMP)).isNull();
    assertThat(cache().find(CALL, MathPolicy.TF32)).isNull();
    assertThat(PlanCache.at(folder, GPU, 92_500).find(CALL, MathPolicy.AMP)).isNull();
    assertThat(PlanCache.at(folder, "NVIDIA H100", 92_400).find(CALL, MathPolicy.AMP)).isNull();
  }

  @Test
  void takesABrokenFileForNone() throws IOException {
    Files.write(folder.resolve("NVIDIA-H200-cudnn92400.txt"), new byte[] {(byte) 0xff, 0, 10, 61});
    PlanCache cache = cache();
    assertThat(cache.find(CALL, MathPolicy.AMP)).isNull();
    cache.remember(CALL, MathPolicy.AMP, "A1:1");
    assertThat(cache().find(CALL, MathPolicy.AMP)).isEqualTo("A1:1");
  }

  @Test
  void remembersNothingWhereItCannotWrite() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    PlanCache cache = PlanCache.at(file, GPU, 92_400);
    cache.remember(CALL, MathPolicy.AMP, "A1:1");
    assertThat(cache.find(CALL, MathPolicy.AMP)).isEqualTo("A1:1");
    assertThat(PlanCache.at(file, GPU, 92_400).find(CALL, MathPolicy.AMP)).isNull();
  }
}
