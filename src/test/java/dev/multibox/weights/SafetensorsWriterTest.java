package dev.multibox.weights;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.multibox.Tensors;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("weights.safetensors");
  }

  @ParameterizedTest
  @EnumSource(StoredType.class)
  void readsBackWhatItWrote(StoredType type) throws IOException {
    StoredTensor tensor = tensor(type, Shape.of(3, 5), 1);
    Map<String, String> metadata = Map.of("iteration", "120", "name", "größe \"x\"\n");
    SafetensorsWriter.write(file, metadata, Map.of("conv.weight", tensor));
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.metadata()).isEqualTo(metadata);
      StoredTensor read = opened.tensor("conv.weight");
      assertThat(read.type()).isEqualTo(type);
      assertThat(read.shape()).isEqualTo(Shape.of(3, 5));
      assertThat(read.data().mismatch(tensor.data())).isEqualTo(-1);
    }
  }

  @Test
  void alignsEveryElementWhateverTheOrder() throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (StoredType type : StoredType.values()) {
      tensors.put("odd." + type, tensor(type, Shape.of(7), 2));
      tensors.put("scalar." + type, tensor(type, Shape.of(), 3));
    }
    SafetensorsWriter.write(file, Map.of(), tensors);
    long header = MemorySegment.ofArray(Files.readAllBytes(file)).get(JAVA_LONG_UNALIGNED, 0);
    assertThat(header % 8).isZero();
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensors()).hasSize(tensors.size());
      opened
          .tensors()
          .forEach((name, tensor) ->
              assertThat(tensor.data().address() % tensor.type().bytes())
                  .describedAs(name)
                  .isZero());
    }
  }

  @Test
  void copiesTensorsStraightFromAnotherFileAndFromFloats() throws IOException {
    float[] values = Tensors.random(4, 6_000_000);
    StoredTensor floats =
        new StoredTensor(
            StoredType.of(DType.F32), Shape.of(values.length), MemorySegment.ofArray(values));
    SafetensorsWriter.write(file, Map.of(), Map.of("a", floats));
    Path copy = folder.resolve("copy.safetensors");
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensor("a").data().mismatch(floats.data())).isEqualTo(-1);
      SafetensorsWriter.write(copy, opened.metadata(), opened.tensors());
    }
    assertThat(Files.mismatch(file, copy)).isEqualTo(-1);
  }

  @Test
  void writesAFileWithoutTensors() throws IOException {
    SafetensorsWriter.write(file, Map.of(), Map.of());
    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
        .isEqualTo("\b\0\0\0\0\0\0\0{}      ");
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      assertThat(opened.tensors()).isEmpty();
    }
  }

  @Test
  void replacesAFileAndLeavesNothingBeside() throws IOException {
    Files.writeString(file, "the old content");
    SafetensorsWriter.write(file, Map.of(), Map.of("a", tensor(StoredType.U8, Shape.of(2), 5)));
    SafetensorsFile.open(file).close();
    assertThat(names()).containsExactly("weights.safetensors");
  }

  @Test
  void leavesTheOldFileWhenItFails() throws IOException {
    Files.writeString(file, "the old content");
    Path blocked = folder.resolve("blocked");
    Files.createDirectories(blocked.resolve("inside"));
    assertThatIOException().isThrownBy(() -> SafetensorsWriter.write(blocked, Map.of(), Map.of()));
    assertThatIOException()
        .isThrownBy(
            () -> SafetensorsWriter.write(folder.resolve("no/such/folder"), Map.of(), Map.of()));
    assertThat(file).hasContent("the old content");
    assertThat(names()).containsExactly("blocked", "weights.safetensors");
  }

  @Test
  void refusesATensorNamedAsTheMetadata() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            SafetensorsWriter.write(
                file, Map.of(), Map.of("__metadata__", tensor(StoredType.U8, Shape.of(2), 6))))
        .withMessageContaining("was named __metadata__");
    assertThat(file).doesNotExist();
  }

  @Test
  void refusesDataThatDoesNotFitItsShape() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new StoredTensor(StoredType.F32, Shape.of(2), MemorySegment.ofArray(new float[3])))
        .withMessage("stored tensor: data was 12 bytes, [2] F32 needs 8");
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void storesWhatIsComputedWithAsItIs(DType dtype) {
    StoredType type = StoredType.of(dtype);
    assertThat(type.dtype()).contains(dtype);
    assertThat(type.bytes()).isEqualTo(dtype.bytes());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static StoredTensor tensor(StoredType type, Shape shape, int seed) {
    byte[] bytes = new byte[Math.toIntExact(shape.size() * type.bytes())];
    new Random(seed).nextBytes(bytes);
    return new StoredTensor(type, shape, MemorySegment.ofArray(bytes));
  }
}
