package dev.multibox.backend.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.model.ModelRegistry;
import dev.multibox.tensor.DType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * cuDNN takes the graph of every convolution of every model, and what it read from the descriptors
 * is the convolution that was meant. Needs no description of a GPU, so an older cuDNN will do.
 */
@OfflineCudnn.NeedsGraphs
class CudnnGraphsTest {
  static List<String> models() {
    return ModelRegistry.names();
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyConvolutionIsReadAsItWasMeant(String model) {
    for (DType type : List.of(DType.F32, DType.F16)) {
      ReadingCudnn api = new ReadingCudnn(OfflineCudnn.open());
      for (ConvolutionCall call : ModelConvolutions.of(model, type)) {
        ConvolutionCall along = along(call);
        try (ConvolutionGraph graph = new ConvolutionGraph(api, along, 0)) {
          assertThat(api.meaning(graph.descriptor().address()).call()).isEqualTo(along);
        }
      }
    }
  }

  /** The call with what cuDNN does along. */
  private static ConvolutionCall along(ConvolutionCall call) {
    ConvolutionCall plain =
        ConvolutionCall.plain(call.pass(), call.type(), call.x(), call.filter(), call.params())
            .with(call.accumulate());
    boolean along = call.activation() == Activation.NONE || call.activation() == Activation.RELU;
    return call.bias() && along ? plain.withBias(call.activation()) : plain;
  }
}
