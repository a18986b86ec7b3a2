package dev.multibox.cli;

import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import dev.multibox.train.Checkpoint;
import dev.multibox.weights.ImportedWeights;
import dev.multibox.weights.ModelWeights;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.WeightFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A detector to be written as ONNX.
 *
 * @param definition the model
 * @param size of its images unless told otherwise
 * @param classes background included
 * @param categories names of the classes from 1 on; empty where nobody knows them
 * @param weights under the names of the model's parameters and buffers
 */
record OnnxSource(
    SsdDefinition definition,
    InputSize size,
    int classes,
    List<String> categories,
    Map<String, StoredTensor> weights) {

  /**
   * What {@code file} holds under our names.
   *
   * @param model the name the user gave, or null
   * @param categories the names the user gave, or null
   * @throws UserError if it is damaged, is no whole detector, or does not say of which model it is
   */
  static OnnxSource of(WeightFile file, @Nullable String model, @Nullable List<String> categories) {
    SsdDefinition definition = Weights.definition(file, model);
    try {
      if (Checkpoint.isCheckpoint(file)) {
        try (Checkpoint checkpoint = Weights.open(file.path())) {
          checkpoint.requireHeadsOfItsCategories();
          List<String> own = checkpoint.meta().categories();
          InputSize size =
              new InputSize(checkpoint.meta().inputHeight(), checkpoint.meta().inputWidth());
          return of(file, definition, size, categories == null ? own : categories);
        }
      }
      InputSize size = InputSize.parse(null, definition);
      return of(file, definition, size, categories == null ? List.of() : categories);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }

  private static OnnxSource of(
      WeightFile file, SsdDefinition definition, InputSize size, List<String> categories)
      throws IOException {
    int classes = ModelWeights.classes(file, definition);
    if (!categories.isEmpty() && categories.size() != classes - 1) {
      throw UserError.of(
          "--categories: %d names for the %d classes of %s besides background; name as many",
          categories.size(), classes - 1, file.path());
    }
    SsdNetwork network = new SsdNetwork(Ssd.Config.of(definition, classes), 1);
    return new OnnxSource(
        definition,
        size,
        classes,
        categories,
        ModelWeights.read(file, definition.name(), network.scope()));
  }

  /**
   * Weights that another project's file held.
   *
   * @throws UserError if they are those of a backbone alone
   */
  static OnnxSource of(WeightFile file, ImportedWeights imported) {
    if (imported.categories().isEmpty()) {
      throw UserError.of(
          "%s: is a backbone without heads, which detects nothing; write it as safetensors",
          file.path());
    }
    SsdDefinition definition = imported.definition();
    return new OnnxSource(
        definition,
        InputSize.parse(null, definition),
        imported.categories().size() + 1,
        imported.categories(),
        imported.tensors());
  }
}
