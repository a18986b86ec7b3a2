package dev.multibox.onnx;

import ai.onnxruntime.OrtException;
import dev.multibox.Tensors;
import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.PooledMemory;
import dev.multibox.autograd.StepMemory;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.NmsParams;
import dev.multibox.model.Detection;
import dev.multibox.model.FlatHeads;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import dev.multibox.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A network of ours with weights that follow from their names, to hold against its export. */
final class OnnxNetwork implements AutoCloseable {
  private static final Pattern HEAD_BIAS =
      Pattern.compile("heads\\.(\\d+)\\.(?:logits\\.project\\.)?bias");

  private final Backend backend;
  private final TensorArena arena;
  private final Ssd ssd;
  private final StepMemory memory;
  private final Map<String, StoredTensor> weights = new HashMap<>();

  OnnxNetwork(Backend backend, Ssd.Config config) {
    this.backend = backend;
    arena = backend.newArena();
    ssd = new Ssd(backend, config, arena);
    memory = new PooledMemory(arena);
    ssd.state().parameters().forEach(parameter -> put(parameter, values(parameter)));
    ssd.state().buffers().forEach(this::put);
  }

  Ssd ssd() {
    return ssd;
  }

  Map<String, StoredTensor> weights() {
    return weights;
  }

  private void put(Parameter parameter, float[] values) {
    ModelState state = ssd.state();
    state.write(parameter, parameter.value(), values);
    weights.put(parameter.name(), StoredTensor.of(parameter.shape(), values));
  }

  private void put(Buffer buffer) {
    // Means about 0, variances about 1.
    float[] values = noise(buffer.name(), buffer.shape(), buffer.initial(), 0.3);
    ssd.state().write(buffer, values);
    weights.put(buffer.name(), StoredTensor.of(buffer.shape(), values));
  }

  /** Activations keep their size from layer to layer, and grow slowly along residual blocks. */
  private static float[] values(Parameter parameter) {
    String name = parameter.name();
    Shape shape = parameter.shape();
    return switch (parameter.role()) {
      case WEIGHT -> noise(name, shape, 0, Math.sqrt(6.0 * shape.dim(0) / shape.size()));
      case BIAS -> noise(name, shape, 0, 0.1);
      case SCALE -> {
        if (name.endsWith("norm.scale")) {
          yield noise(name, shape, 20, 5);
        }
        boolean endsBlock = name.matches(".*layer.*conv[23].bn.weight");
        yield noise(name, shape, name.endsWith("bias") ? 0 : endsBlock ? 0.2 : 1, 0.2);
      }
    };
  }

  /** Uniform about {@code middle}, by the generator of Steele, Lea and Flood (2014). */
  static float[] noise(String name, Shape shape, double middle, double spread) {
    float[] values = new float[Math.toIntExact(shape.size())];
    long seed = name.hashCode();
    for (int i = 0; i < values.length; i++) {
      long z = seed * 0x9E3779B97F4A7C15L + (i + 1) * 0xD1B54A32D192ED03L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      values[i] = (float) (middle + spread * ((z ^ (z >>> 31)) * 0x1p-63));
    }
    return values;
  }

  /** What the network gives for images {@code [N, H, W, 3]}. */
  record Given(FlatHeads heads, List<List<Detection>> detections) {}

  Given run(float[] images) {
    int batch = Math.toIntExact(images.length / ssd.imageShape(1).size());
    try (Tape tape = new Tape(backend, memory, Tape.Mode.INFERENCE);
        TensorArena inputs = backend.newArena()) {
      Shape shape = ssd.imageShape(batch);
      HeadVariables heads =
          ssd.forward(tape, Variable.constant(new Tensors(backend, inputs).floats(shape, images)));
      NmsParams params = ssd.config().definition().nms();
      return new Given(
          FlatHeads.of(backend, heads.values()),
          OurDetections.of(
              backend, heads.values(), ssd.priors(), ssd.config().definition().coding(), params));
    }
  }

  /** Raises background's logits until {@code image} shows nothing, and other images little. */
  void seeNothingIn(float[] image) {
    float[] logits = run(image).heads().logits();
    int classes = ssd.config().classes();
    float most = Float.NEGATIVE_INFINITY;
    for (int at = 0; at < logits.length; at += classes) {
      for (int k = 1; k < classes; k++) {
        most = Math.max(most, logits[at + k] - logits[at]);
      }
    }
    float threshold = ssd.config().definition().nms().scoreThreshold();
    float raise = most - (float) Math.log(threshold) + 0.1f;
    List<HeadLayout> layouts = ssd.headLayouts();
    for (Parameter parameter : ssd.state().parameters()) {
      Matcher bias = HEAD_BIAS.matcher(parameter.name());
      if (bias.matches()) {
        float[] values = values(parameter);
        HeadLayout layout = layouts.get(Integer.parseInt(bias.group(1)));
        for (int a = 0; a < layout.priorsPerCell(); a++) {
          values[layout.logit(a, 0)] += raise;
        }
        put(parameter, values);
      }
    }
  }

  /** Exports to {@code file} and runs that on images {@code [N, H, W, 3]}. */
  OnnxRun.Outputs export(Path file, OnnxForm form, float[] images)
      throws IOException, OrtException {
    OnnxFile.write(file, ssd.config(), weights, List.of(), form, "test");
    int batch = Math.toIntExact(images.length / ssd.imageShape(1).size());
    Shape nchw = Shape.of(batch, 3, ssd.config().inputHeight(), ssd.config().inputWidth());
    try (OnnxRun run = OnnxRun.open(file)) {
      float[] turned = Tensors.nhwcToNchw(images, nchw);
      return run.run(Map.of("image", new OnnxRun.Input(nchw, turned)));
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
