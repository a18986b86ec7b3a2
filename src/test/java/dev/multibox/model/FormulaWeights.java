package dev.multibox.model;

import dev.multibox.Golden;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.model.Formula.Head;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.Parameter;
import dev.multibox.nn.Parameter.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;

/** Fills a model with the weights that a {@link Formula} gives to a PyTorch model's tensors. */
final class FormulaWeights {
  private final Formula formula;
  private final TorchModel torch;
  private final Ssd ssd;
  private final Map<String, Parameter> parameters = new HashMap<>();
  private final Map<String, Buffer> buffers = new HashMap<>();
  private final Map<Parameter, float[]> values = new HashMap<>();
  private final List<TorchTensor> tensors = new ArrayList<>();
  private final Map<String, Buffer> torchBuffers = new HashMap<>();

  private FormulaWeights(Formula formula, TorchModel torch, Ssd ssd) {
    this.formula = formula;
    this.torch = torch;
    this.ssd = ssd;
    ssd.state().parameters().forEach(parameter -> parameters.put(parameter.name(), parameter));
    ssd.state().buffers().forEach(buffer -> buffers.put(buffer.name(), buffer));
  }

  /** Every parameter and buffer that {@code golden} names, which must be all there are. */
  static FormulaWeights load(
      Backend backend, Golden golden, Formula formula, TorchModel torch, Ssd ssd) {
    FormulaWeights weights = new FormulaWeights(formula, torch, ssd);
    golden.metadata("state_dict_order").forEach(name -> weights.add(backend, name.asText()));
    weights.values.forEach(
        (parameter, values) -> ssd.state().write(parameter, parameter.value(), values));
    int elements = weights.tensors.stream().mapToInt(TorchTensor::size).sum();
    if (elements != ssd.state().parameterCount()
        || weights.torchBuffers.size() != weights.buffers.size()) {
      throw new IllegalStateException(
          "%d of %d parameters and %d of %d buffers were named"
              .formatted(
                  elements,
                  ssd.state().parameterCount(),
                  weights.torchBuffers.size(),
                  weights.buffers.size()));
    }
    return weights;
  }

  /** All parameters by their PyTorch names. */
  List<TorchTensor> tensors() {
    return tensors;
  }

  /** All buffers by their PyTorch names. */
  Map<String, Buffer> buffers() {
    return torchBuffers;
  }

  private void add(Backend backend, String name) {
    Matcher classHead = torch.classHead().matcher(name);
    Matcher boxHead = torch.boxHead().matcher(name);
    if (name.endsWith(".num_batches_tracked")) {
      return;
    }
    if (classHead.matches()) {
      addHead(name, Head.CLASS, classHead);
    } else if (boxHead.matches()) {
      addHead(name, Head.BOX, boxHead);
    } else if (name.contains(".running_")) {
      Buffer buffer = named(buffers, torch.ours(name));
      int size = buffer.shape().intDim(0);
      backend.upload(
          name.endsWith("var") ? formula.normScale(name, size) : formula.normShift(name, size),
          buffer.value());
      torchBuffers.put(name, buffer);
    } else {
      Parameter ours = named(parameters, torch.ours(name));
      put(TorchTensor.whole(name, ours), Head.NONE, -1);
    }
  }

  private void addHead(String name, Head head, Matcher matcher) {
    int level = Integer.parseInt(matcher.group(1));
    HeadLayout layout = ssd.headLayouts().get(level);
    String part = head == Head.CLASS ? torch.classRows() : torch.boxRows();
    Parameter ours = named(parameters, "heads.%d.%s%s".formatted(level, part, matcher.group(2)));
    int[] rows = head == Head.CLASS ? torch.classRows(layout) : torch.boxRows(layout);
    put(new TorchTensor(name, ours, rows), head, level);
    if (head == Head.CLASS && ours.role() == Role.BIAS) {
      float[] biases = values(ours);
      for (int prior = 0; prior < layout.priorsPerCell(); prior++) {
        biases[layout.logit(prior, 0)] += (float) formula.backgroundBias();
      }
    }
  }

  private void put(TorchTensor tensor, Head head, int level) {
    String name = tensor.name();
    int size = tensor.size();
    float[] theirs =
        switch (tensor.ours().role()) {
          case WEIGHT -> formula.filter(name, size, tensor.rowCount(), head, level);
          case BIAS -> formula.convolutionBias(name, size);
          case SCALE -> {
            if (name.endsWith("scale_weight")) {
              yield formula.l2Scale(name, size);
            }
            yield name.endsWith("weight")
                ? formula.normScale(name, size)
                : formula.normShift(name, size);
          }
        };
    tensor.put(theirs, values(tensor.ours()));
    tensors.add(tensor);
  }

  private static <T> T named(Map<String, T> ours, String name) {
    return Objects.requireNonNull(ours.get(name), name);
  }

  private float[] values(Parameter parameter) {
    return values.computeIfAbsent(
        parameter, wanted -> new float[Math.toIntExact(wanted.shape().size())]);
  }
}
