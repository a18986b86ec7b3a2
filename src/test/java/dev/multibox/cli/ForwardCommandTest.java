package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Tensors;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.model.FlatHeads;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForwardCommandTest {
  private static final Shape IMAGES = Shape.of(9, 40, 72, 3);

  @TempDir Path folder;

  private Path checkpoint;
  private Path bare;
  private Path images;
  private Path output;
  private float[] pixels;
  private FlatHeads expected;
  private float[] priors;

  /** A model trained at 64 pixels, its weights in both forms, and what it says of nine images. */
  @BeforeEach
  void writeWeightsAndImages() throws IOException {
    checkpoint = folder.resolve("checkpoint.safetensors");
    bare = folder.resolve("bare.safetensors");
    images = folder.resolve("images.safetensors");
    output = folder.resolve("output.safetensors");
    pixels = Tensors.random(1, IMAGES.size());
    SafetensorsWriter.write(images, Map.of(), Map.of("image", StoredTensor.of(IMAGES, pixels)));
    try (CpuBackend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = new Ssd(backend, new Ssd.Config(ModelRegistry.find("ssd-tiny"), 40, 72, 3), arena);
      ssd.state().initialize(5);
      Checkpoint.Meta meta = new Checkpoint.Meta("ssd-tiny", 64, 64, List.of("cat", "dog"), 0, 1);
      Checkpoint.write(checkpoint, ssd.state(), backend, meta);
      writeBare(ssd, backend);
      try (Tape tape = new Tape(backend, new PooledMemory(arena), Tape.Mode.INFERENCE)) {
        Variable image = Variable.constant(new Tensors(backend, arena).floats(IMAGES, pixels));
        expected = FlatHeads.of(backend, ssd.forward(tape, image).values());
        priors = backend.floats(ssd.priors().centres());
      }
    }
  }

  private void writeBare(Ssd ssd, CpuBackend backend) throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : ssd.state().parameters()) {
      float[] values = ssd.state().read(parameter, parameter.value());
      tensors.put(parameter.name(), StoredTensor.of(parameter.shape(), values));
    }
    for (Buffer buffer : ssd.state().buffers()) {
      tensors.put(buffer.name(), StoredTensor.of(buffer.shape(), backend.floats(buffer.value())));
    }
    SafetensorsWriter.write(bare, Map.of(), tensors);
  }

  private CommandRun forward(Object... args) {
    Object[] all = new Object[args.length + 5];
    System.arraycopy(args, 0, all, 5, args.length);
    all[0] = "forward";
    all[1] = "--input";
    all[2] = images;
    all[3] = "--output";
    all[4] = output;
    return CommandRun.of(all);
  }

  private static float[] floats(SafetensorsFile file, String name) throws IOException {
    return file.tensor(name).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  @Test
  void writesWhatTheNetworkGivesAtTheImagesSize() throws IOException {
    CommandRun run = forward("--weights", checkpoint, "--priors");

    assertThat(run.err()).doesNotContain("multibox: ");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    int count = priors.length / 4;
    try (SafetensorsFile file = SafetensorsFile.open(output)) {
      assertThat(file.tensor("class_logits").shape()).isEqualTo(Shape.of(9, count, 3));
      assertThat(file.tensor("box_offsets").shape()).isEqualTo(Shape.of(9, count, 4));
      // Eight images are a pass, so the ninth is computed in another batch.
      Tensors.assertClose(floats(file, "class_logits"), expected.logits(), 1e-6);
      Tensors.assertClose(floats(file, "box_offsets"), expected.offsets(), 1e-6);
      assertThat(floats(file, "prior_boxes")).isEqualTo(priors);
    }
  }

  @Test
  void weightsThatDoNotSayTheirModelAreOfTheOneThatIsNamed() throws IOException {
    assertThat(forward("--weights", bare, "--model", "ssd-tiny").exitCode())
        .isEqualTo(ExitCode.DONE);

    try (SafetensorsFile file = SafetensorsFile.open(output)) {
      Tensors.assertClose(floats(file, "class_logits"), expected.logits(), 1e-6);
      assertThat(file.tensors()).doesNotContainKey("prior_boxes");
    }
  }

  private void refused(String message, Object... args) {
    CommandRun run = forward(args);
    assertThat(run.err()).contains(message);
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(output).doesNotExist();
  }

  @Test
  void refusesWeightsOfNoModelOrAnother() {
    refused("bare.safetensors does not say of which model it is", "--weights", bare);
    refused(
        "--model: was ssd300-vgg16, but " + checkpoint + " is of ssd-tiny; leave it out",
        "--weights",
        checkpoint,
        "--model",
        "ssd300-vgg16");
    refused("there is no 'ssd-huge'", "--weights", bare, "--model", "ssd-huge");
    refused(
        "has no heads.0.bias of a multiple of 4 values, as ssd-tiny has",
        "--weights",
        images,
        "--model",
        "ssd-tiny");
    refused(": there is no such file", "--weights", folder.resolve("nothing"));
  }

  @Test
  void refusesImagesThatAreNotChannelsLast() throws IOException {
    Shape planar = Shape.of(1, 3, 40, 72);
    StoredTensor image = StoredTensor.of(planar, new float[(int) planar.size()]);
    SafetensorsWriter.write(images, Map.of(), Map.of("image", image));
    refused("image is [1, 3, 40, 72] F32, wanted [N, H, W, 3] F32", "--weights", checkpoint);

    SafetensorsWriter.write(images, Map.of(), Map.of("picture", image));
    refused("has no tensor \"image\"", "--weights", checkpoint);
  }

  @Test
  void refusesImagesTooSmallForTheNetwork() throws IOException {
    Shape small = Shape.of(1, 8, 8, 3);
    StoredTensor image = StoredTensor.of(small, new float[(int) small.size()]);
    SafetensorsWriter.write(images, Map.of(), Map.of("image", image));
    CommandRun run = forward("--weights", bare, "--model", "ssd300-vgg16");

    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err()).contains("ssd300-vgg16: an input of 8 x 8 is too small");
  }
}
