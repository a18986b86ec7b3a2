package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withPrecision;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.multibox.Tensors;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code convert} to ONNX. */
class OnnxConvertTest {
  private static final Shape IMAGES = Shape.of(2, 64, 80, 3);
  private static final Shape NCHW = Shape.of(2, 3, 64, 80);

  @TempDir Path folder;

  private Path checkpoint;
  private Path bare;
  private Path onnx;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  @BeforeEach
  void writeWeights() throws IOException {
    checkpoint = folder.resolve("checkpoint.safetensors");
    bare = folder.resolve("bare.safetensors");
    onnx = folder.resolve("out.onnx");
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = new Ssd(backend, new Ssd.Config(ModelRegistry.find("ssd-tiny"), 64, 80, 3), arena);
      ssd.state().initialize(5);
      Checkpoint.Meta meta = new Checkpoint.Meta("ssd-tiny", 64, 80, List.of("cat", "dög"), 7, 1);
      Checkpoint.write(checkpoint, ssd.state(), backend, meta);
    }
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint)) {
      for (Map.Entry<String, StoredTensor> entry : file.tensors().entrySet()) {
        if (!entry.getKey().startsWith("momentum.")) {
          tensors.put(entry.getKey(), copy(entry.getValue()));
        }
      }
    }
    SafetensorsWriter.write(bare, Map.of(), tensors);
  }

  private static StoredTensor copy(StoredTensor tensor) {
    return StoredTensor.of(tensor.shape(), floats(tensor));
  }

  private static float[] floats(StoredTensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  private void convert(Object... words) {
    List<Object> all = new ArrayList<>(List.of("convert"));
    all.addAll(List.of(words));
    CommandRun run = CommandRun.of(all.toArray());
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith(onnx + ": ").contains("as ssd-tiny for images of ");
  }

  private void assertRefused(String message, Object... words) throws IOException {
    Files.writeString(onnx, "what was there before");
    List<Object> all = new ArrayList<>(List.of("convert"));
    all.addAll(List.of(words));
    CommandRun run = CommandRun.of(all.toArray());
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines()).hasSize(1).first().asString().contains(message);
    assertThat(onnx).hasContent("what was there before");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  /**
   * What a file says of its inputs and outputs, {@code name [dims]}, -1 for any number of images.
   */
  private static List<String> values(Map<String, NodeInfo> infos) {
    return infos.values().stream()
        .map(info -> {
          long[] dims = ((TensorInfo) info.getInfo()).getShape();
          return info.getName() + " " + java.util.Arrays.toString(dims);
        })
        .toList();
  }

  private OrtSession open() throws OrtException {
    return OrtEnvironment.getEnvironment().createSession(onnx.toString());
  }

  @Test
  void givesWhatForwardGivesAndSaysHowImagesLook() throws IOException, OrtException {
    convert(checkpoint, onnx);
    float[] pixels = Tensors.random(1, IMAGES.size());
    Path images = folder.resolve("images.safetensors");
    Path outputs = folder.resolve("outputs.safetensors");
    SafetensorsWriter.write(images, Map.of(), Map.of("image", StoredTensor.of(IMAGES, pixels)));
    CommandRun forward =
        CommandRun.of(
            "forward",
            "--weights",
            checkpoint,
            "--input",
            images,
            "--output",
            outputs,
            "--priors",
            "--device",
            "cpu");
    assertThat(forward.exitCode()).describedAs(forward.err()).isEqualTo(ExitCode.DONE);
    try (OrtSession session = open();
        SafetensorsFile expected = SafetensorsFile.open(outputs)) {
      // Four priors a cell on maps of 16x20, 8x10, 4x5 and 2x3.
      assertThat(values(session.getInputInfo())).containsExactly("image [-1, 3, 64, 80]");
      assertThat(values(session.getOutputInfo()))
          .containsExactly(
              "class_logits [-1, 1704, 3]", "box_offsets [-1, 1704, 4]", "prior_boxes [1704, 4]");
      assertSaysWhatItIs(session.getMetadata());
      FloatBuffer turned = FloatBuffer.wrap(Tensors.nhwcToNchw(pixels, NCHW));
      try (OnnxTensor image =
              OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), turned, NCHW.dims());
          OrtSession.Result result = session.run(Map.of("image", image))) {
        for (String name : List.of("class_logits", "box_offsets", "prior_boxes")) {
          float[] wanted = floats(expected.tensor(name));
          float[] given = new float[wanted.length];
          ((OnnxTensor) result.get(name).orElseThrow()).getFloatBuffer().get(given);
          assertThat(given).describedAs(name).containsExactly(wanted, withPrecision(1e-5f));
        }
      }
    }
  }

  private static void assertSaysWhatItIs(OnnxModelMetadata metadata) {
    assertThat(metadata.getProducerName()).isEqualTo("MultiBox");
    assertThat(metadata.getGraphName()).isEqualTo("ssd-tiny");
    assertThat(metadata.getDescription())
        .contains("image [N, 3, 64, 80]", "order RGB", "mean [123.675, 116.28, 103.53]");
    assertThat(metadata.getCustomMetadata())
        .containsEntry("model", "ssd-tiny")
        .containsEntry("input_height", "64")
        .containsEntry("input_width", "80")
        .containsEntry("channel_order", "RGB")
        .containsEntry("categories", "[\"cat\",\"dög\"]");
  }

  @Test
  void holdsTheBitsOfTheWeightsAndNothingOfTheTraining() throws IOException {
    convert(checkpoint, onnx);
    String bytes = Files.readString(onnx, StandardCharsets.ISO_8859_1);
    assertThat(bytes.contains("momentum")).isFalse();
    tensors.forEach((name, tensor) -> {
      float[] values = floats(tensor);
      if (tensor.shape().rank() == 4) {
        Shape kcrs = Shape.of(tensor.shape().dim(0), tensor.shape().dim(3), 3, 3);
        values = Tensors.nhwcToNchw(values, kcrs);
      }
      byte[] raw = StoredTensor.of(tensor.shape(), values).data().toArray(ValueLayout.JAVA_BYTE);
      assertThat(bytes.contains(name)).describedAs(name).isTrue();
      assertThat(bytes.contains(new String(raw, StandardCharsets.ISO_8859_1)))
          .describedAs(name)
          .isTrue();
    });
  }

  @Test
  void endsInDetectionsIfAsked() throws IOException, OrtException {
    convert("--with-nms", "--top-k", 9, "--with-normalisation", checkpoint, onnx);
    try (OrtSession session = open()) {
      assertThat(values(session.getOutputInfo()))
          .containsExactly("boxes [-1, 9, 4]", "scores [-1, 9]", "labels [-1, 9]", "counts [-1]");
      assertThat(session.getMetadata().getDescription()).contains("RGB, 0 to 255");
      assertThat(session.getMetadata().getCustomMetadata())
          .containsEntry("channel_order", "RGB")
          .doesNotContainKey("mean");
      FloatBuffer grey = FloatBuffer.allocate(Math.toIntExact(NCHW.size()));
      try (OnnxTensor image =
              OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), grey, NCHW.dims());
          OrtSession.Result result = session.run(Map.of("image", image))) {
        float[] scores = new float[9];
        ((OnnxTensor) result.get("scores").orElseThrow()).getFloatBuffer().get(scores);
        // Untrained heads give three classes about a third each.
        assertThat(scores[0]).isCloseTo(1f / 3, within(0.1f));
        assertThat(scores).isSortedAccordingTo((a, b) -> Float.compare(b, a));
      }
    }
  }

  @Test
  void takesWeightsWhoseModelTheUserNames() throws IOException, OrtException {
    convert("--model", "ssd-tiny", "--categories", "a,b", "--input-size", "70x90", bare, onnx);
    try (OrtSession session = open()) {
      assertThat(values(session.getInputInfo())).containsExactly("image [-1, 3, 70, 90]");
      assertThat(session.getMetadata().getCustomMetadata())
          .containsEntry("categories", "[\"a\",\"b\"]");
    }
    convert("--model", "ssd-tiny", bare, onnx);
    try (OrtSession session = open()) {
      assertThat(session.getMetadata().getCustomMetadata()).containsEntry("categories", "[]");
    }
  }

  @Test
  void refusesWhatIsNoDetectorOrDoesNotSayWhich() throws IOException {
    assertRefused("does not say of which model it is; name one that info lists", bare, onnx);
    assertRefused("there is no 'ssd'", "--model", "ssd", bare, onnx);
    assertRefused("is of ssd-tiny; leave it out", "--model", "ssd300-vgg16", checkpoint, onnx);
    assertRefused("does not fit ssd300-vgg16: missing", "--model", "ssd300-vgg16", bare, onnx);
    assertRefused(
        "3 names for the 2 classes", "--model", "ssd-tiny", "--categories", "a,b,c", bare, onnx);
    assertRefused("wanted at least a pixel", "--input-size", "0x1", checkpoint, onnx);
    tensors.remove("heads.1.bias");
    SafetensorsWriter.write(bare, Map.of(), tensors);
    assertRefused("missing heads.1.bias", "--model", "ssd-tiny", bare, onnx);
    Checkpoint.Meta backbone = new Checkpoint.Meta("ssd-tiny", 64, 80, List.of(), 0, 0);
    Checkpoint.write(bare, backbone, tensors);
    assertRefused("is a backbone without heads", bare, onnx);
  }

  @Test
  void refusesADamagedCheckpoint() throws IOException {
    byte[] bytes = Files.readAllBytes(checkpoint);
    bytes[bytes.length - 1] ^= 1;
    Files.write(checkpoint, bytes);
    assertRefused("is damaged: its checksum is", checkpoint, onnx);
  }

  @Test
  void refusesOptionsThatWouldDoNothing() throws IOException {
    Path safetensors = folder.resolve("out.safetensors");
    for (String option : List.of("--with-nms", "--with-normalisation", "--input-size=9")) {
      assertRefused("since OUT is no .onnx file; leave it out", option, bare, safetensors);
    }
    for (String option : List.of("--score-threshold=0.5", "--iou-threshold=0.5", "--top-k=5")) {
      assertRefused("since --with-nms is not given", option, checkpoint, onnx);
    }
    assertRefused("wanted 0 to 1", "--with-nms", "--iou-threshold=2", checkpoint, onnx);
    assertRefused("wanted at least 1", "--with-nms", "--top-k=0", checkpoint, onnx);
    assertThat(safetensors).doesNotExist();
  }
}
