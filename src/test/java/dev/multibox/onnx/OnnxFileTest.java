package dev.multibox.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.Normalisation.ChannelOrder;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Whole models, run by ONNX Runtime and by us. */
class OnnxFileTest {
  /**
   * Of the largest value: float32 through up to 150 convolutions, summed in another order. Most are
   * within 4e-6, MobileNetV3 within 3e-5.
   */
  private static final float CLOSE = 5e-5f;

  private static final int FEW_CLASSES = 4;

  /** Models made of the same layers as another one: other priors, or more of the same blocks. */
  private static final Set<String> TWINS =
      Set.of(
          "ssd300-vgg16-coco",
          "ssd512-vgg16-coco",
          "ssd300-resnet34",
          "ssd300-resnet101",
          "ssd300-resnet152",
          "ssdlite320-mobilenet-v3-large-whole");

  private static Backend backend;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    backend = CpuBackend.open();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  /** One image of the smallest size that a model takes, not square; no twins, to save time. */
  @TestFactory
  Stream<DynamicTest> modelsGiveTheSameHeads() {
    return ModelRegistry.names().stream()
        .filter(name -> !TWINS.contains(name))
        .map(name -> DynamicTest.dynamicTest(name, () -> compareSmall(ModelRegistry.find(name))));
  }

  private void compareSmall(SsdDefinition definition) throws IOException, OrtException {
    int size = smallest(definition);
    try (OnnxNetwork network =
        new OnnxNetwork(backend, new Ssd.Config(definition, size, size + 20, FEW_CLASSES))) {
      compareHeads(network, images(network, 1));
    }
  }

  private static int smallest(SsdDefinition definition) {
    for (int size = 32; ; size += 8) {
      try {
        SsdNetwork network = new SsdNetwork(new Ssd.Config(definition, size, size, 2), 1);
        assertThat(network.maps()).isNotEmpty();
        return size;
      } catch (IllegalArgumentException _) {
        // Too small for one of the layers.
      }
    }
  }

  /** With {@code -Dmultibox.slow=true}: two images and one of nothing, as published. */
  @TestFactory
  @EnabledIfSystemProperty(
      named = "multibox.slow",
      matches = "true",
      disabledReason = "takes minutes; -Dmultibox.slow=true runs it")
  Stream<DynamicTest> everyModelGivesTheSameAtItsOwnSize() {
    return ModelRegistry.names().stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> compare(ModelRegistry.find(name), 21)));
  }

  @Test
  void theSmallestModelFindsTheSameInImagesAndInNothing() throws IOException, OrtException {
    compare(ModelRegistry.find("ssd-tiny"), 7);
  }

  private void compare(SsdDefinition definition, int classes) throws IOException, OrtException {
    try (OnnxNetwork network = new OnnxNetwork(backend, Ssd.Config.of(definition, classes))) {
      float[] images = images(network, 3);
      int image = images.length / 3;
      Arrays.fill(images, 2 * image, 3 * image, 0);
      network.seeNothingIn(Arrays.copyOfRange(images, 2 * image, 3 * image));
      OnnxNetwork.Given ours = compareHeads(network, images);
      OnnxRun.Outputs theirs =
          network.export(folder.resolve("nms.onnx"), new OnnxForm(false, definition.nms()), images);
      assertThat(ours.detections().get(0)).isNotEmpty();
      assertThat(ours.detections().get(1)).isNotEmpty();
      assertThat(ours.detections().get(2)).isEmpty();
      for (int n = 0; n < 3; n++) {
        OnnxFound.assertSame(
            OnnxFound.of(theirs).get(n), ours.detections().get(n), CLOSE, "image " + n);
      }
    }
  }

  @Test
  void normalisesInsideIfToldTo() throws IOException, OrtException {
    SsdDefinition tiny = ModelRegistry.find("ssd-tiny");
    for (Normalisation normalisation : List.of(Normalisation.caffe(), Normalisation.imageNet())) {
      SsdDefinition definition =
          new SsdDefinition(
              tiny.name(),
              tiny.summary(),
              tiny.inputHeight(),
              tiny.inputWidth(),
              normalisation,
              tiny.backbone(),
              tiny.heads(),
              tiny.headStart(),
              tiny.priors(),
              tiny.coding(),
              tiny.nms());
      try (OnnxNetwork network = new OnnxNetwork(backend, Ssd.Config.of(definition, 3))) {
        float[] rgb = images(network, 1);
        float[] seen = new float[rgb.length];
        for (int pixel = 0; pixel < rgb.length; pixel += 3) {
          boolean turned = normalisation.order() == ChannelOrder.BGR;
          float red = (rgb[pixel] - normalisation.meanRed()) * normalisation.scaleRed();
          float green = (rgb[pixel + 1] - normalisation.meanGreen()) * normalisation.scaleGreen();
          float blue = (rgb[pixel + 2] - normalisation.meanBlue()) * normalisation.scaleBlue();
          seen[pixel] = turned ? blue : red;
          seen[pixel + 1] = green;
          seen[pixel + 2] = turned ? red : blue;
        }
        OnnxRun.Outputs theirs =
            network.export(folder.resolve("raw.onnx"), new OnnxForm(true, null), rgb);
        assertClose(theirs.floats("class_logits"), network.run(seen).heads().logits());
      }
    }
  }

  private static float[] images(OnnxNetwork network, int count) {
    Shape shape = network.ssd().imageShape(count);
    return OnnxNetwork.noise("image", shape, 0, 2);
  }

  private OnnxNetwork.Given compareHeads(OnnxNetwork network, float[] images)
      throws IOException, OrtException {
    OnnxNetwork.Given ours = network.run(images);
    Path file = folder.resolve("heads.onnx");
    OnnxRun.Outputs theirs = network.export(file, OnnxForm.network(), images);
    assertThat(theirs.names()).containsExactly("class_logits", "box_offsets", "prior_boxes");
    assertClose(theirs.floats("class_logits"), ours.heads().logits());
    assertClose(theirs.floats("box_offsets"), ours.heads().offsets());
    assertThat(theirs.floats("prior_boxes")).isEqualTo(network.ssd().network().priors().centres());
    Files.delete(file);
    return ours;
  }

  private static void assertClose(float[] theirs, float[] ours) {
    assertThat(theirs).hasSameSizeAs(ours);
    float most = 0;
    float largest = 0;
    for (int i = 0; i < ours.length; i++) {
      largest = Math.max(largest, Math.abs(ours[i]));
      most = Math.max(most, Math.abs(theirs[i] - ours[i]));
    }
    assertThat(largest).isBetween(0.1f, 1e4f);
    assertThat(most).isLessThan(CLOSE * largest);
  }
}
