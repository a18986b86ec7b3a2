package dev.multibox.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.backend.Backend;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.weights.SafetensorsFile;
import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.StoredType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private static final String MOMENTUM = "momentum.";
  private static final String CHECKSUM = "crc32c";
  private static final int MOST_NAMED = 3;
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
          parameter.name(), stored(state.read(parameter, parameter.value()), parameter.shape()));
      tensors.put(
          MOMENTUM + parameter.name(),
          stored(state.read(parameter, parameter.momentum()), parameter.shape()));
    }
    for (Buffer buffer : state.buffers()) {
      tensors.put(buffer.name(), stored(backend.floats(buffer.value()), buffer.shape()));
    }
    metadata.put(CHECKSUM, ContentChecksum.of(metadata, tensors));
    SafetensorsWriter.write(path, metadata, tensors);
  }

  private static StoredTensor stored(float[] values, Shape shape) {
    MemorySegment bytes =
        MemorySegment.ofArray(
            new byte[Math.toIntExact(Math.multiplyExact(values.length, (long) Float.BYTES))]);
    MemorySegment.copy(values, 0, bytes, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return new StoredTensor(StoredType.F32, shape, bytes);
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

  private static Meta meta(Path path, Map<String, String> metadata) throws IOException {
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new IOException(
          "%s: is a safetensors file, but no checkpoint of MultiBox; name one that train wrote"
              .formatted(path));
    }
    try {
      return new Meta(
          metadata.getOrDefault("model", ""),
          Integer.parseInt(metadata.getOrDefault("input_height", "")),
          Integer.parseInt(metadata.getOrDefault("input_width", "")),
          JSON.readValue(
              metadata.getOrDefault("categories", ""), new TypeReference<List<String>>() {}),
          Long.parseLong(metadata.getOrDefault("iteration", "")),
          Long.parseLong(metadata.getOrDefault("seed", "")));
    } catch (NumberFormatException | JsonProcessingException e) {
      throw damaged(path, e);
    }
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

  /** The shape of the network whose weights these are. */
  public Ssd.Config config() throws IOException {
    try {
      return new Ssd.Config(
          ModelRegistry.find(meta.model()),
          meta.inputHeight(),
          meta.inputWidth(),
          meta.categories().size() + 1);
    } catch (IllegalArgumentException e) {
      throw new IOException(file.path() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Fills a model of {@link #config} with weights, statistics and momentum.
   *
   * @throws IOException if a tensor is missing, left over or of another shape; the message lists
   *     them, and the model is untouched
   */
  public void load(ModelState state, Backend backend) throws IOException {
    check(state);
    for (Parameter parameter : state.parameters()) {
      state.write(parameter, parameter.value(), values(parameter.name()));
      state.write(parameter, parameter.momentum(), values(MOMENTUM + parameter.name()));
    }
    for (Buffer buffer : state.buffers()) {
      backend.upload(values(buffer.name()), buffer.value());
    }
  }

  private float[] values(String name) throws IOException {
    return file.tensor(name).data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  private void check(ModelState state) throws IOException {
    Map<String, Shape> wanted = new LinkedHashMap<>();
    for (Parameter parameter : state.parameters()) {
      wanted.put(parameter.name(), parameter.shape());
      wanted.put(MOMENTUM + parameter.name(), parameter.shape());
    }
    state.buffers().forEach(buffer -> wanted.put(buffer.name(), buffer.shape()));
    List<String> wrong = new ArrayList<>();
    wanted.forEach((name, shape) -> {
      StoredTensor tensor = file.tensors().get(name);
      if (tensor == null) {
        wrong.add("missing " + name);
      } else if (tensor.type() != StoredType.F32 || !tensor.shape().equals(shape)) {
        wrong.add(
            "%s is %s %s, wanted %s F32".formatted(name, tensor.shape(), tensor.type(), shape));
      }
    });
    file.tensors().keySet().stream()
        .filter(name -> !wanted.containsKey(name))
        .forEach(name -> wrong.add("left over " + name));
    if (!wrong.isEmpty()) {
      throw new IOException(
          "%s: does not fit %s: %s; name weights of the same network"
              .formatted(file.path(), meta.model(), shortened(wrong)));
    }
  }

  private static String shortened(List<String> wrong) {
    String named = String.join("; ", wrong.subList(0, Math.min(MOST_NAMED, wrong.size())));
    return wrong.size() <= MOST_NAMED
        ? named
        : "%s; and %d more".formatted(named, wrong.size() - MOST_NAMED);
  }

  @Override
  public void close() {
    file.close();
  }
}
