package dev.multibox.weights;

import dev.multibox.backend.HeadLayout;
import dev.multibox.model.Ssd;
import dev.multibox.nn.Buffer;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Weights that training starts from, which may be of fewer layers or for other categories. */
final class StartingWeights {

  private final WeightFile file;
  private final Ssd ssd;
  private final boolean backbone;
  private final Map<String, Shape> shapes = new LinkedHashMap<>();
  private final List<String> misfits = new ArrayList<>();
  private int absent;
  private int fileClasses;

  /** Nothing is loaded yet. */
  StartingWeights(WeightFile file, Ssd ssd, boolean backbone) {
    this.file = file;
    this.ssd = ssd;
    this.backbone = backbone;
    ssd.state().parameters().forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
    ssd.state().buffers().forEach(buffer -> shapes.put(buffer.name(), buffer.shape()));
    shapes.forEach(this::compare);
    for (String name : file.tensors().keySet()) {
      if (!shapes.containsKey(name) && !ModelWeights.isMomentum(name)) {
        misfits.add("left over " + name);
      }
    }
  }

  private void compare(String name, Shape shape) {
    StoredTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      absent++;
      if (!backbone) {
        misfits.add("missing " + name);
      }
    } else if (tensor.type() != StoredType.F32
        || (!tensor.shape().equals(shape) && !isOfOtherClasses(name, tensor.shape(), shape))) {
      misfits.add("%s is %s, wanted %s F32".formatted(name, tensor, shape));
    }
  }

  /** Whether a head differs in the number of its classes alone, of which the file has as many. */
  private boolean isOfOtherClasses(String name, Shape theirs, Shape ours) {
    if (!HeadNames.givesLogits(name) || theirs.rank() != ours.rank() || theirs.rank() == 0) {
      return false;
    }
    long perCell = layout(name).priorsPerCell();
    long classes = theirs.dim(0) / perCell - HeadNames.boxRows(name);
    long[] dims = theirs.dims();
    dims[0] = ours.dim(0);
    if (theirs.dim(0) % perCell != 0 || classes < 2 || !Shape.of(dims).equals(ours)) {
      return false;
    }
    if (fileClasses != 0 && fileClasses != classes) {
      return false;
    }
    fileClasses = Math.toIntExact(classes);
    return true;
  }

  private HeadLayout layout(String head) {
    return ssd.headLayouts().get(HeadNames.level(head));
  }

  /** What does not fit. */
  List<String> misfits() {
    return misfits;
  }

  /** One line on each thing that the network keeps. */
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (fileClasses != 0) {
      remarks.add(
          "%s has heads for %d classes, the network has %d: class heads start anew, box heads go on"
              .formatted(file.path(), fileClasses, ssd.config().classes()));
    }
    if (absent > 0) {
      remarks.add(
          "%s is a backbone: %d of the network's %d tensors start anew"
              .formatted(file.path(), absent, shapes.size()));
    }
    return remarks;
  }

  /** Writes what the file has. */
  void load() throws IOException {
    ModelState state = ssd.state();
    for (Parameter parameter : state.parameters()) {
      StoredTensor tensor = file.tensors().get(parameter.name());
      if (tensor == null) {
        continue;
      }
      float[] values = ModelWeights.floats(file, parameter.name());
      if (!tensor.shape().equals(parameter.shape())) {
        values = withBoxRows(values, parameter);
      }
      state.write(parameter, parameter.value(), values);
    }
    for (Buffer buffer : state.buffers()) {
      if (file.tensors().containsKey(buffer.name())) {
        state.write(buffer, ModelWeights.floats(file, buffer.name()));
      }
    }
  }

  /** The network's own rows for classes, and behind them the file's for boxes. */
  private float[] withBoxRows(float[] theirs, Parameter head) {
    float[] ours = ssd.state().read(head, head.value());
    int rows = layout(head.name()).priorsPerCell() * HeadNames.boxRows(head.name());
    int length = rows * (ours.length / head.shape().intDim(0));
    System.arraycopy(theirs, theirs.length - length, ours, ours.length - length, length);
    return ours;
  }
}
