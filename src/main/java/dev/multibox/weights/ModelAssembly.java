package dev.multibox.weights;

import dev.multibox.backend.HeadLayout;
import dev.multibox.model.SsdNetwork;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts the tensors of another project's model where ours has them: filters {@code [K, C, R, S]}
 * become {@code [K, R, S, C]}, and the rows of separate class and box heads those of our one head.
 */
final class ModelAssembly {

  /** A part of one of our tensors: all of it, or its class or box rows. */
  private record Part(String name, NameMap.Use use) {}

  private final SsdNetwork network;
  private final ForeignModel model;
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final Map<String, float[]> values = new LinkedHashMap<>();
  private final Set<Part> given = new HashSet<>();
  private final List<String> misfits = new ArrayList<>();

  /** Nothing of {@code network} is given yet. */
  ModelAssembly(SsdNetwork network, ForeignModel model) {
    this.network = network;
    this.model = model;
    for (Parameter parameter : network.scope().parameters()) {
      shapes.put(parameter.name(), parameter.shape());
    }
    for (Buffer buffer : network.scope().buffers()) {
      shapes.put(buffer.name(), buffer.shape());
    }
  }

  /** Puts one tensor of theirs where it belongs, or notes why it does not. */
  void place(String name, StoredTensor tensor) {
    Optional<NameMap.Target> found = model.names().find(name);
    if (found.isEmpty()) {
      misfits.add("left over " + name);
    } else if (found.get().use() != NameMap.Use.NOTHING) {
      place(name, tensor, new Part(found.get().name(), found.get().use()));
    }
  }

  private void place(String name, StoredTensor tensor, Part part) {
    Shape ours = shapes.get(part.name());
    if (ours == null) {
      misfits.add("left over " + name);
      return;
    }
    int[] rows = rows(part, ours);
    Shape wanted = foreignShape(ours, rows.length);
    if (!tensor.type().isFloatingPoint() || !tensor.shape().equals(wanted)) {
      misfits.add("%s is %s, wanted %s F32".formatted(name, tensor, wanted));
    } else if (!given.add(part)) {
      misfits.add("a second time " + part.name() + " by " + name);
    } else {
      float[] into =
          values.computeIfAbsent(part.name(), _ -> new float[Math.toIntExact(ours.size())]);
      copy(FloatValues.of(tensor), into, rows, ours);
    }
  }

  /** For each row of theirs, the row of ours that it is. */
  private int[] rows(Part part, Shape ours) {
    if (part.use() == NameMap.Use.SAME) {
      int[] rows = new int[ours.intDim(0)];
      for (int row = 0; row < rows.length; row++) {
        rows[row] = row;
      }
      return rows;
    }
    HeadLayout layout = network.headLayouts().get(HeadNames.level(part.name()));
    boolean classes = part.use() == NameMap.Use.CLASSES;
    int priors = layout.priorsPerCell();
    int perPrior = classes ? layout.classes() : HeadNames.COORDINATES;
    int[] rows = new int[priors * perPrior];
    for (int row = 0; row < rows.length; row++) {
      int prior = model.headOrder().prior(row, perPrior, priors);
      int value = model.headOrder().value(row, perPrior, priors);
      rows[row] = classes ? layout.logit(prior, value) : layout.offset(prior, value);
    }
    return rows;
  }

  private static Shape foreignShape(Shape ours, int rows) {
    return ours.rank() == 4
        ? Shape.of(rows, ours.dim(3), ours.dim(1), ours.dim(2))
        : Shape.of(rows);
  }

  private static void copy(float[] theirs, float[] into, int[] rows, Shape ours) {
    int size = Math.toIntExact(ours.size() / ours.dim(0));
    int channels = ours.rank() == 4 ? ours.intDim(3) : 1;
    int window = size / channels;
    for (int row = 0; row < rows.length; row++) {
      for (int c = 0; c < channels; c++) {
        for (int at = 0; at < window; at++) {
          into[rows[row] * size + at * channels + c] = theirs[row * size + c * window + at];
        }
      }
    }
  }

  /** Fits the convolution that reads the image to what our model makes of images. */
  void adapt(FirstConvolution convolution) {
    String filter = imageFilter();
    String bias = filter.replaceFirst("weight$", "bias");
    String mean = filter.replaceFirst("conv\\.weight$", "bn.running_mean");
    float[] weights = values.get(filter);
    if (weights == null) {
      return; // which is a misfit already
    }
    values.put(filter, convolution.filter(weights));
    float[] biases = values.get(bias);
    float[] means = values.get(mean);
    if (biases != null) {
      values.put(bias, convolution.bias(weights, biases));
    } else if (means != null) {
      values.put(mean, convolution.mean(weights, means));
    } else if (convolution.needsBias()) {
      misfits.add("without a bias " + filter + " cannot be fitted to other images");
    }
  }

  private String imageFilter() {
    return shapes.entrySet().stream()
        .filter(entry -> entry.getValue().rank() == 4 && entry.getValue().dim(3) == 3)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** What does not fit: left over, of another shape, or missing. */
  List<String> misfits() {
    List<String> all = new ArrayList<>(misfits);
    for (String name : shapes.keySet()) {
      if (model.backbone() && !model.names().gives(name)) {
        continue;
      }
      if (HeadNames.givesLogits(name)) {
        requireGiven(new Part(name, NameMap.Use.CLASSES), "the class rows of " + name, all);
        if (HeadNames.boxRows(name) > 0) {
          requireGiven(new Part(name, NameMap.Use.BOXES), "the box rows of " + name, all);
        }
      } else {
        requireGiven(new Part(name, NameMap.Use.SAME), name, all);
      }
    }
    return all;
  }

  private void requireGiven(Part part, String what, List<String> missing) {
    if (!given.contains(part)) {
      missing.add("missing " + what);
    }
  }

  /** Our tensors, as far as they were given. */
  Map<String, StoredTensor> tensors() {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      float[] given = values.get(entry.getKey());
      if (given != null) {
        tensors.put(entry.getKey(), StoredTensor.of(entry.getValue(), given));
      }
    }
    return tensors;
  }
}
