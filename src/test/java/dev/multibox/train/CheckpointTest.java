package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.multibox.BackendSource;
import dev.multibox.backend.Backend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  private static final List<String> CATEGORIES = List.of("cat", "dog");
  private static final Checkpoint.Meta META =
      new Checkpoint.Meta("ssd-tiny", 64, 96, CATEGORIES, 17, 3);

  @TempDir Path folder;

  private static Ssd model(Backend backend, TensorArena arena, int classes, long seed) {
    Ssd ssd =
        new Ssd(backend, new Ssd.Config(ModelRegistry.find("ssd-tiny"), 64, 96, classes), arena);
    ssd.state().initialize(seed);
    return ssd;
  }

  @BackendSource
  void whatIsWrittenIsWhatIsLoaded(Backend backend) throws IOException {
    Path file = folder.resolve("last.safetensors");
    try (TensorArena arena = backend.newArena()) {
      Ssd saved = model(backend, arena, 3, 1);
      backend.elementwise().fill(saved.state().momentum(), 0.25f);
      backend.elementwise().fill(saved.state().buffers().getFirst().value(), 0.5f);
      Checkpoint.write(file, saved.state(), backend, META);

      try (Checkpoint checkpoint = Checkpoint.open(file)) {
        Ssd loaded = new Ssd(backend, checkpoint.config(), arena);
        checkpoint.load(loaded.state());

        assertThat(checkpoint.meta()).isEqualTo(META);
        assertThat(backend.floats(loaded.state().weights()))
            .isEqualTo(backend.floats(saved.state().weights()));
        // Not the first filter's: the padding that some backends give it is not kept.
        assertThat(backend.floats(loaded.state().parameters().get(1).momentum()))
            .containsOnly(0.25f);
        assertThat(backend.floats(loaded.state().buffers().getFirst().value())).containsOnly(0.5f);
      }
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @BackendSource
  void refusesWeightsOfAnotherClassCountAndTouchesNothing(Backend backend) throws IOException {
    Path file = folder.resolve("last.safetensors");
    try (TensorArena arena = backend.newArena()) {
      Checkpoint.write(file, model(backend, arena, 3, 1).state(), backend, META);
      Ssd other = model(backend, arena, 4, 2);
      float[] before = backend.floats(other.state().weights());

      try (Checkpoint checkpoint = Checkpoint.open(file)) {
        assertThatIOException()
            .isThrownBy(() -> checkpoint.load(other.state()))
            .withMessageContaining("does not fit ssd-tiny")
            .withMessageContaining("heads.0.weight is [28, 3, 3, 48] F32, wanted [32, 3, 3, 48]");
      }
      assertThat(backend.floats(other.state().weights())).isEqualTo(before);
    }
  }

  @BackendSource
  void refusesATruncatedFile(Backend backend) throws IOException {
    Path file = folder.resolve("last.safetensors");
    try (TensorArena arena = backend.newArena()) {
      Checkpoint.write(file, model(backend, arena, 3, 1).state(), backend, META);
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

    assertThatIOException()
        .isThrownBy(() -> Checkpoint.open(file))
        .withMessageContaining(file.toString());
  }

  @Test
  void refusesASafetensorsFileThatIsNoCheckpoint() throws IOException {
    Path file = folder.resolve("other.safetensors");
    StoredTensor tensor =
        new StoredTensor(StoredType.of(DType.F32), Shape.of(1), MemorySegment.ofArray(new byte[4]));
    SafetensorsWriter.write(file, Map.of(), Map.of("x", tensor));

    assertThatIOException()
        .isThrownBy(() -> Checkpoint.open(file))
        .withMessageEndingWith("no checkpoint of MultiBox; name one that train wrote");
  }
}
