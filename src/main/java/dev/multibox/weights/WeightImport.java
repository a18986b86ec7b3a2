package dev.multibox.weights;

import dev.multibox.backend.Normalisation;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Gives weights of another project our names, our layout of filters and our order of head channels.
 * Every tensor of theirs has to be known, and every one of ours to be given; what is left out is
 * what the project's table of names leaves out.
 */
public final class WeightImport {
  /** A backbone has no classes; its heads, which nothing is put into, are declared for some. */
  private static final int ANY_CLASSES = 2;

  private static final int MOST_NAMED = 10;

  private final WeightFile file;
  private final ForeignModel model;
  private final StateDict theirs;
  private final List<String> remarks;

  private WeightImport(WeightFile file, ForeignModel model, StateDict theirs) {
    this.file = file;
    this.model = model;
    this.theirs = theirs;
    remarks = new ArrayList<>(theirs.remarks());
  }

  /**
   * Reads a model of {@code project} out of {@code file}.
   *
   * @param target the name of our model; null for the one that the project's model is
   * @param categories names of the classes from 1 on; null for those that the file tells, or that
   *     are usual for so many
   * @throws IllegalArgumentException if there is no model {@code target}
   * @throws IOException if a tensor is not known, missing or of another shape; the message names it
   */
  public static ImportedWeights read(
      WeightFile file,
      ForeignProject project,
      @Nullable String target,
      @Nullable List<String> categories)
      throws IOException {
    StateDict theirs = StateDict.of(file.tensors());
    return new WeightImport(file, model(file, project, theirs), theirs).read(target, categories);
  }

  private static ForeignModel model(WeightFile file, ForeignProject project, StateDict theirs)
      throws IOException {
    for (ForeignModel model : project.models()) {
      if (theirs.tensors().containsKey(model.mark())) {
        return model;
      }
    }
    String marks =
        project.models().stream().map(ForeignModel::mark).collect(Collectors.joining(", "));
    throw Refusal.of(
        file.path(),
        "is no model of %s that is known: those have a tensor %s".formatted(project.key(), marks),
        "give its project to --from: " + ForeignProject.keys());
  }

  private ImportedWeights read(@Nullable String target, @Nullable List<String> categories)
      throws IOException {
    SsdDefinition definition = ModelRegistry.find(target == null ? target() : target);
    int classes = model.backbone() ? ANY_CLASSES : classes(definition);
    ModelAssembly assembly =
        new ModelAssembly(new SsdNetwork(Ssd.Config.of(definition, classes), 1), model);
    theirs.tensors().forEach(assembly::place);
    adaptToImages(definition, assembly);
    requireNothing(assembly.misfits(), definition);
    return new ImportedWeights(
        definition,
        model.backbone() ? List.of() : categories(classes, categories),
        assembly.tensors(),
        remarks);
  }

  private String target() throws IOException {
    try {
      return model.target().apply(theirs.tensors());
    } catch (IllegalArgumentException e) {
      throw Refusal.of(
          file.path(),
          "is no ResNet that is known: it " + e.getMessage(),
          "name another one's weights");
    }
  }

  /** The class heads' biases have A K values, A being the priors of a cell. */
  private int classes(SsdDefinition definition) throws IOException {
    int perCell = definition.priors().priorsPerCell().getFirst();
    String first = HeadNames.firstBias(definition.heads());
    NameMap.Target wanted = new NameMap.Target(first, NameMap.Use.CLASSES);
    for (Map.Entry<String, StoredTensor> entry : theirs.tensors().entrySet()) {
      if (model.names().find(entry.getKey()).filter(wanted::equals).isPresent()) {
        long size = entry.getValue().shape().size();
        if (size % perCell != 0 || size < 2L * perCell || size > Integer.MAX_VALUE) {
          throw Refusal.of(
              file.path(),
              "%s has %d values, for %d priors a cell"
                  .formatted(Refusal.quoted(entry.getKey()), size, perCell),
              "name weights of " + definition.name());
        }
        return Math.toIntExact(size / perCell);
      }
    }
    throw Refusal.of(
        file.path(), "has no class head", "name the weights of a whole %s".formatted(model.name()));
  }

  private void adaptToImages(SsdDefinition definition, ModelAssembly assembly) {
    Normalisation normalisation = model.normalisation().apply(theirs.tensors());
    FirstConvolution convolution = new FirstConvolution(normalisation, definition.normalisation());
    if (!convolution.isSame()) {
      assembly.adapt(convolution);
      remarks.add(
          "the first convolution is fitted to images as " + definition.name() + " has them");
    }
  }

  private void requireNothing(List<String> misfits, SsdDefinition definition) throws IOException {
    if (misfits.isEmpty()) {
      return;
    }
    String named =
        misfits.stream()
            .limit(MOST_NAMED)
            .map(Refusal::printable)
            .collect(Collectors.joining("; "));
    String more =
        misfits.size() > MOST_NAMED ? "; and %d more".formatted(misfits.size() - MOST_NAMED) : "";
    throw Refusal.of(
        file.path(),
        "does not fit %s: %s%s".formatted(definition.name(), named, more),
        "name weights of %s, or another --model".formatted(model.name()));
  }

  private List<String> categories(int classes, @Nullable List<String> named) throws IOException {
    if (named != null) {
      if (named.size() != classes - 1) {
        throw Refusal.of(
            file.path(),
            "has %d classes besides background, and %d were named"
                .formatted(classes - 1, named.size()),
            "name as many");
      }
      return named;
    }
    List<String> labels =
        IntStream.range(1, classes)
            .mapToObj(label -> file.metadata().getOrDefault("label_map." + label, ""))
            .toList();
    if (labels.stream().noneMatch(String::isEmpty)) {
      return labels;
    }
    if (PublishedCategories.of(classes).isPresent()) {
      remarks.add(
          "the file does not name its %d categories; they are taken to be those of %s"
              .formatted(classes - 1, classes == 21 ? "PASCAL VOC" : "COCO"));
      return PublishedCategories.of(classes).get();
    }
    remarks.add(
        "the file does not name its %d categories; --categories does".formatted(classes - 1));
    return IntStream.range(1, classes).mapToObj("class %d"::formatted).toList();
  }
}
