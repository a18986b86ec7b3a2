package dev.multibox.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.Golden;
import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import dev.multibox.weights.ForeignProject;
import dev.multibox.weights.ImportedWeights;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.StoredType;
import dev.multibox.weights.WeightFile;
import dev.multibox.weights.WeightImport;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole networks of {@link FormulaGoldenTest}, whose weights it puts in place by tables of its
 * own, as their projects would save them: converting has to put every number in the same place.
 */
class FormulaConversionTest {
  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> wholeNetworks() {
    return Golden.files("07_formula_*.safetensors").stream()
        .map(Path::getFileName)
        .map(Path::toString)
        .map(name -> DynamicTest.dynamicTest(name, () -> check(Golden.open(name))));
  }

  private void check(Golden golden) throws IOException {
    TorchModel torch = TorchModel.of(golden);
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      int classes = golden.metadata("num_classes").asInt();
      Ssd ssd = new Ssd(backend, Ssd.Config.of(torch.definition(), classes), arena);
      FormulaWeights weights =
          FormulaWeights.load(backend, golden, new Formula(golden), torch, ssd);
      Path file = folder.resolve("theirs.safetensors");
      SafetensorsWriter.write(file, Map.of(), theirs(golden, backend, weights, ssd.state()));
      ForeignProject project =
          torch.shapeMajor() ? ForeignProject.NVIDIA : ForeignProject.TORCHVISION;
      try (WeightFile opened = WeightFile.open(file)) {
        ImportedWeights imported = WeightImport.read(opened, project, null, null);
        assertThat(imported.definition()).isSameAs(torch.definition());
        assertThat(imported.categories()).hasSize(classes - 1);
        assertEqual(imported.tensors(), backend, ssd.state());
      }
    }
  }

  /** As a checkpoint of several devices' training: in a dictionary, each name in two wrappers. */
  private static Map<String, StoredTensor> theirs(
      Golden golden, Backend backend, FormulaWeights weights, ModelState state) {
    Map<String, StoredTensor> theirs = new LinkedHashMap<>();
    for (TorchTensor tensor : weights.tensors()) {
      Parameter ours = tensor.ours();
      Shape shape = ours.shape();
      Shape torchShape =
          shape.rank() == 4
              ? Shape.of(tensor.rowCount(), shape.dim(3), shape.dim(1), shape.dim(2))
              : Shape.of(tensor.rowCount());
      float[] values = tensor.take(state.read(ours, ours.value()));
      theirs.put("model.module.1." + tensor.name(), StoredTensor.of(torchShape, values));
    }
    for (Map.Entry<String, Buffer> entry : weights.buffers().entrySet()) {
      Buffer buffer = entry.getValue();
      float[] values = backend.floats(buffer.value());
      theirs.put("model.module.1." + entry.getKey(), StoredTensor.of(buffer.shape(), values));
    }
    StoredTensor counter =
        new StoredTensor(StoredType.I64, Shape.of(), MemorySegment.ofArray(new byte[8]));
    golden
        .metadata("state_dict_order")
        .forEach(name -> theirs.putIfAbsent("model.module.1." + name.asText(), counter));
    theirs.put("optimizer.state.0.momentum_buffer", StoredTensor.of(Shape.of(2), new float[2]));
    return theirs;
  }

  private static void assertEqual(
      Map<String, StoredTensor> tensors, Backend backend, ModelState state) {
    assertThat(tensors).hasSize(state.parameters().size() + state.buffers().size());
    for (Parameter parameter : state.parameters()) {
      assertThat(floats(tensors, parameter.name()))
          .describedAs(parameter.name())
          .isEqualTo(state.read(parameter, parameter.value()));
    }
    for (Buffer buffer : state.buffers()) {
      assertThat(floats(tensors, buffer.name()))
          .describedAs(buffer.name())
          .isEqualTo(backend.floats(buffer.value()));
    }
  }

  private static float[] floats(Map<String, StoredTensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name)
        .data()
        .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
