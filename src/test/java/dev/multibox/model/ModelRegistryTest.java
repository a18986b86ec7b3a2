package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.nn.LayerSummary;
import dev.multibox.tensor.Shape;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The published networks against the figures known of them. */
class ModelRegistryTest {
  /** GMAC are stated to three decimals or two. */
  private static final double HALF_OF_THE_LAST_DIGIT = 5e-4;

  private static SsdNetwork network(String model, int classes) {
    return new SsdNetwork(Ssd.Config.of(ModelRegistry.find(model), classes), 1);
  }

  private static List<Long> sides(SsdNetwork network) {
    return network.maps().stream().map(map -> map.dim(1)).toList();
  }

  /** Counted by torchvision and NVIDIA's code, and from the definition for the paper's. */
  @ParameterizedTest
  @CsvSource({
    "ssd300-vgg16,             21, 26285486, 31.374, 1.245",
    "ssd300-vgg16-coco,        81, 34305206, 34.360, 4.231",
    "ssd300-vgg16-amdegroot,   21, 26285486, 31.374, 1.245",
    "ssd300-vgg16-torchvision, 91, 35641826, 34.858, 4.729",
    "ssd300-resnet50,          81, 22894902, 20.151, 5.645",
  })
  void parametersAndMultiplyAddsAreThePublishedOnes(
      String model, int classes, long parameters, double gmac, double headGmac) {
    SsdNetwork network = network(model, classes);
    long heads =
        LayerSummary.multiplyAdds(
            network.summaries().stream()
                .filter(summary -> summary.name().startsWith("heads."))
                .toList());

    assertThat(network.scope().parameterCount()).isEqualTo(parameters);
    assertThat(network.multiplyAdds() / 1e9).isCloseTo(gmac, within(HALF_OF_THE_LAST_DIGIT));
    assertThat(heads / 1e9).isCloseTo(headGmac, within(HALF_OF_THE_LAST_DIGIT));
    assertThat(network.priors().count()).isEqualTo(8732);
    assertThat(sides(network)).containsExactly(38L, 19L, 10L, 5L, 3L, 1L);
  }

  /** Stated in hundredths of GMAC, and of millions of parameters for ResNets. */
  @ParameterizedTest
  @CsvSource({
    "ssd512-vgg16,      21, 27.188676, 5e-7, 90.21, 24564",
    "ssd512-vgg16-coco, 81, 36.038196, 5e-7, 98.63, 24564",
    "ssd300-resnet18,   81, 14.05,     5e-3, 7.78,  8732",
    "ssd300-resnet34,   81, 19.98,     5e-3, 15.86, 8732",
    "ssd300-resnet101,  81, 41.89,     5e-3, 47.50, 8732",
    "ssd300-resnet152,  81, 57.53,     5e-3, 70.02, 8732",
  })
  void roundedFiguresAreThePublishedOnes(
      String model, int classes, double millions, double rounding, double gmac, int priors) {
    SsdNetwork network = network(model, classes);

    assertThat(network.scope().parameterCount() / 1e6).isCloseTo(millions, within(rounding));
    assertThat(network.multiplyAdds() / 1e9).isCloseTo(gmac, within(5e-3));
    assertThat(network.priors().count()).isEqualTo(priors);
  }

  /** Counted by torchvision, its own multiply-adds as stated with the weights: 0.583. */
  @ParameterizedTest
  @CsvSource({
    "ssdlite320-mobilenet-v3-large,       3440060, 672 480 512 256 256 128",
    "ssdlite320-mobilenet-v3-large-whole, 5198540, 672 960 512 256 256 128",
  })
  void ssdliteHasTorchvisionsParametersAndMaps(String model, long parameters, String channels) {
    SsdNetwork network = network(model, 91);
    String found =
        network.maps().stream()
            .map(map -> Long.toString(map.dim(3)))
            .collect(Collectors.joining(" "));

    assertThat(network.scope().parameterCount()).isEqualTo(parameters);
    assertThat(network.priors().count()).isEqualTo(3234);
    assertThat(sides(network)).containsExactly(20L, 10L, 5L, 3L, 2L, 1L);
    assertThat(found).isEqualTo(channels);
    if (parameters == 3_440_060) {
      assertThat(network.multiplyAdds() / 1e9).isCloseTo(0.583, within(HALF_OF_THE_LAST_DIGIT));
    }
  }

  @Test
  void ssd512HasSevenMaps() {
    assertThat(sides(network("ssd512-vgg16", 21))).containsExactly(64L, 32L, 16L, 8L, 4L, 2L, 1L);
  }

  /** Batch norm's running statistics and counters besides the parameters. */
  @Test
  void ssd300ResNet50HasTheStateOfNvidias() {
    SsdNetwork network = network("ssd300-resnet50", 81);
    long statistics =
        network.scope().buffers().stream().mapToLong(buffer -> buffer.shape().size()).sum();
    long backbone =
        network.scope().parameters().stream()
            .filter(parameter -> parameter.name().matches("backbone\\.(stem|layer).*"))
            .mapToLong(parameter -> parameter.shape().size())
            .sum();
    int norms = network.scope().buffers().size() / 2;

    assertThat(norms).isEqualTo(53);
    assertThat(backbone).isEqualTo(8_543_296);
    // A counter a norm; two heads a level where we have one.
    assertThat(network.scope().parameterCount() + statistics + norms).isEqualTo(22_930_923);
    assertThat(network.scope().parameters().size() + 6 * 2 + 3 * norms).isEqualTo(342);
  }

  @ParameterizedTest
  @CsvSource({
    "ssd300-resnet18, 256 512 512 256 256 128",
    "ssd300-resnet34, 256 512 512 256 256 256",
    "ssd300-resnet50, 1024 512 512 256 256 256",
  })
  void channelsOfTheMapsDependOnTheDepth(String model, String channels) {
    List<String> found =
        network(model, 81).maps().stream().map(map -> Long.toString(map.dim(3))).toList();

    assertThat(String.join(" ", found)).isEqualTo(channels);
  }

  /** Sums over all priors, by an independent script. */
  @ParameterizedTest
  @CsvSource({
    "ssd300-vgg16,             4443.9467, 1510.4293",
    "ssd300-vgg16-coco,        4443.9467, 1172.1980",
    "ssd300-vgg16-torchvision, 4443.9467, 1171.9677",
    "ssd300-resnet50,          4443.1467, 1171.9677",
    "ssd512-vgg16,             12282.0,   3105.5545",
    "ssd512-vgg16-coco,        12282.0,   2173.6820",
    "ssdlite320-mobilenet-v3-large, 1617.0, 915.4017",
  })
  void everyModelHasThePriorsOfItsSource(String model, double centres, double sizes) {
    float[] priors = network(model, 21).priors().centres();
    double[] sums = new double[4];
    for (int i = 0; i < priors.length; i++) {
      sums[i % 4] += priors[i];
    }

    assertThat(sums).containsExactly(new double[] {centres, centres, sizes, sizes}, within(5e-4));
  }

  /** 75 rounds up to 38 in pool3 everywhere; 151 / 2 in pool2 does so in Caffe alone. */
  @Test
  void anotherInputSizeMakesOtherMaps() {
    SsdDefinition caffe = ModelRegistry.find("ssd300-vgg16");
    SsdDefinition torchvision = ModelRegistry.find("ssd300-vgg16-torchvision");
    SsdNetwork wide = new SsdNetwork(new Ssd.Config(caffe, 302, 400, 21), 1);

    // Rows 302, 151, 76, 38; columns 400, 200, 100, 50.
    assertThat(wide.maps().getFirst()).isEqualTo(Shape.of(1, 38, 50, 512));
    assertThat(wide.priors().count())
        .isEqualTo(4 * 38 * 50 + 6 * (19 * 25 + 10 * 13 + 5 * 7) + 4 * (3 * 5 + 1 * 3));
    assertThat(sides(new SsdNetwork(new Ssd.Config(caffe, 290, 290, 21), 1)).getFirst())
        .isEqualTo(37L);
    // 290, 145, 73 or 72, 37 or 36.
    assertThat(sides(new SsdNetwork(new Ssd.Config(torchvision, 290, 290, 21), 1)).getFirst())
        .isEqualTo(36L);
  }

  @Test
  void refusesAnInputTooSmallForTheLastMap() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new SsdNetwork(new Ssd.Config(ModelRegistry.find("ssd300-vgg16"), 96, 96, 21), 1))
        .withMessageStartingWith("ssd300-vgg16: an input of 96 x 96 is too small (convolution: ");
  }

  @Test
  void refusesAModelThatDoesNotExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelRegistry.find("ssd-huge"))
        .withMessageStartingWith(
            "model: there is no 'ssd-huge'; there is ssd-tiny, ssd300-vgg16, ssd300-vgg16-coco, ");
  }
}
