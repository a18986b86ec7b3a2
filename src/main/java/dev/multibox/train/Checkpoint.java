package dev.multibox.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.backend.Backend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.weights.ModelWeights;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model in one safetensors file: weights and running statistics under their own names, momentum
 * under {@code momentum.<name>}, and in the metadata what is needed to build the model again and to
 * go on training. A checksum of all of it is in the metadata too, so that a bit that tipped on a
 * disk is noticed.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String FORMAT = "multibox-1";
  private static final String CHECKSUM = "crc32c";
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * What a checkpoint says besides its tensors.
   *
   * @param model the model's name in the registry
   * @param inputHeight rows of its image
   * @param inputWidth columns of its image
   * @param categories names of the classes from 1 on
   * @param iteration steps done
   * @param seed the run's seed
   */
  public record Meta(
      String model,
      int inputHeight,
      int inputWidth,
      List<String> categories,
      long iteration,
      long seed) {
    public Meta {
      categories = List.copyOf(categories);
    }
  }

  private final SafetensorsFile file;
  private final Meta meta;

  private Checkpoint(SafetensorsFile file, Meta meta) {
    this.file = file;
    this.meta = meta;
  }

  /** Writes the whole state of a model, of no run that could go on. */
  public static void write(Path path, ModelState state, Backend backend, Meta meta)
      throws IOException {
    write(path, state, backend, metadata(meta));
  }

  /**
   * Writes the whole state of a model and of the run that trains it.
   *
   * @throws IOException if it cannot be written; a checkpoint that was there before is as it was
   */
  public static void write(
      Path path, ModelState state, Backend backend, Meta meta, RunState runState)
      throws IOException {
    Map<String, String> metadata = metadata(meta);
    metadata.putAll(runState.metadata());
    write(path, state, backend, metadata);
  }

  private static void write(
      Path path, ModelState state, Backend backend, Map<String, String> metadata)
      throws IOException {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : state.parameters()) {
      tensors.put(
          parameter.name(),
          StoredTensor.of(parameter.shape(), state.read(parameter, parameter.value())));
      tensors.put(
          ModelWeights.MOMENTUM + parameter.name(),
          StoredTensor.of(parameter.shape(), state.read(parameter, parameter.momentum())));
    }
    for (Buffer buffer : state.buffers()) {
      tensors.put(buffer.name(), StoredTensor.of(buffer.shape(), backend.floats(buffer.value())));
    }
    write(path, metadata, tensors);
  }

  /**
   * Writes weights that come from elsewhere, under our names and without momentum.
   *
   * @param meta with no categories if the weights are those of a backbone alone
   */
  public static void write(Path path, Meta meta, Map<String, StoredTensor> tensors)
      throws IOException {
    write(path, metadata(meta), tensors);
  }

  private static void write(
      Path path, Map<String, String> metadata, Map<String, StoredTensor> tensors)
      throws IOException {
    metadata.put(CHECKSUM, ContentChecksum.of(metadata, tensors));
    SafetensorsWriter.write(path, metadata, tensors);
  }

  private static Map<String, String> metadata(Meta meta) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("model", meta.model());
    metadata.put("input_height", Integer.toString(meta.inputHeight()));
    metadata.put("input_width", Integer.toString(meta.inputWidth()));
    try {
      metadata.put("categories", JSON.writeValueAsString(meta.categories()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    metadata.put("iteration", Long.toString(meta.iteration()));
    metadata.put("seed", Long.toString(meta.seed()));
    return metadata;
  }

  /**
   * Opens a file that {@link #write} wrote. One without a checksum, which another program may have
   * made from such a file, is taken as it is.
   *
   * @throws IOException if it cannot be read, is damaged, or is no checkpoint of this program
   */
  public static Checkpoint open(Path path) throws IOException {
    SafetensorsFile file = SafetensorsFile.open(path);
    try {
      Meta meta = meta(path, file.metadata());
      requireIntact(file);
      return new Checkpoint(file, meta);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Whether {@code file} says that it is one of ours, which {@link #open} then opens. */
  public static boolean isCheckpoint(WeightFile file) {
    return isCheckpoint(file.metadata());
  }

  private static boolean isCheckpoint(Map<String, String> metadata) {
    return FORMAT.equals(metadata.get("format"));
  }

  private static Meta meta(Path path, Map<String, String> metadata) throws IOException {
    if (!isCheckpoint(metadata)) {
      throw new IOException(
          "%s: is a safetensors file, but no checkpoint of MultiBox; name one that train wrote"
              .formatted(path));
    }
    try {
      return new Meta(
          metadata.getOrDefault("model", ""),
          positive(metadata.getOrDefault("input_height", "")),
          positive(metadata.getOrDefault("input_width", "")),
          JSON.readValue(
              metadata.getOrDefault("categories", ""), new TypeReference<List<String>>() {}),
          Long.parseLong(metadata.getOrDefault("iteration", "")),
          Long.parseLong(metadata.getOrDefault("seed", "")));
    } catch (NumberFormatException | JsonProcessingException e) {
      throw damaged(path, e);
    }
  }

  private static int positive(String text) {
    int value = Integer.parseInt(text);
    if (value < 1) {
      throw new NumberFormatException("a size of " + text);
    }
    return value;
  }

  /** A value of the metadata cannot be read. */
  static IOException damaged(Path path, Exception cause) {
    return new IOException(
        "%s: the checkpoint's metadata is damaged (%s); name another one"
            .formatted(path, cause.getMessage()),
        cause);
  }

  private static void requireIntact(SafetensorsFile file) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
    String written = metadata.remove(CHECKSUM);
    if (written == null) {
      return;
    }
    String found = ContentChecksum.of(metadata, file.tensors());
    if (!found.equals(written)) {
      throw new IOException(
          "%s: is damaged: its checksum is %s, written as %s; name another checkpoint"
              .formatted(file.path(), found, written));
    }
  }

  public Meta meta() {
    return meta;
  }

  /** The file this was opened from. */
  public Path path() {
    return file.path();
  }

  /**
   * Where the run stood that wrote this.
   *
   * @throws IOException if it was written by no run
   */
  public RunState runState() throws IOException {
    return RunState.of(file.path(), file.metadata());
  }

  /** Whether these are weights of a backbone without heads, for nothing but to start from. */
  public boolean isBackbone() {
    return meta.categories().isEmpty();
  }

  /**
   * Refuses a file whose heads are for another number of classes than its own categories.
   *
   * @throws IOException in this case, or if the file has no heads of its model
   */
  public void requireHeadsOfItsCategories() throws IOException {
    if (isBackbone()) {
      return;
    }
    int classes = ModelWeights.classes(file, requireKnownModel());
    if (classes != meta.categories().size() + 1) {
      throw new IOException(
          "%s: has heads for %d classes and names %d categories; name another checkpoint"
              .formatted(file.path(), classes - 1, meta.categories().size()));
    }
  }

  /**
   * The shape of the network whose weights these are.
   *
   * @throws IOException if they are those of a backbone alone, or of a model there is not
   */
  public Ssd.Config config() throws IOException {
    if (isBackbone()) {
      throw new IOException(
          "%s: is a backbone without heads; train --init takes it".formatted(file.path()));
    }
    return new Ssd.Config(
        requireKnownModel(), meta.inputHeight(), meta.inputWidth(), meta.categories().size() + 1);
  }

  /**
   * The model whose weights these are.
   *
   * @throws IOException if there is none of that name
   */
  public SsdDefinition requireKnownModel() throws IOException {
    try {
      return ModelRegistry.find(meta.model());
    } catch (IllegalArgumentException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Fills a model of {@link #config} with weights, statistics and momentum.
   *
   * @throws IOException if a tensor is missing, left over or of another shape; the message names
   *     some, and the model is untouched
   */
  public void load(ModelState state) throws IOException {
    ModelWeights.load(file, meta.model(), state);
  }

  /**
   * Fills a network with what fits it, as {@link ModelWeights#start}; its momentum stays as it is.
   *
   * @return one line on each thing that was not taken
   * @throws IOException if these are weights of another network
   */
  public List<String> start(Ssd ssd) throws IOException {
    return ModelWeights.start(file, ssd, isBackbone());
  }

  @Override
  public void close() {
    file.close();
  }
}
