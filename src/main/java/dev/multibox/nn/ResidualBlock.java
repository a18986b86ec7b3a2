package dev.multibox.nn;

import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code activation(norm(conv(body(x))) + shortcut(x))} (He et al., Deep Residual Learning, 2015,
 * equations 1 and 2).
 *
 * @param body all convolutions but the last
 * @param last the convolution whose norm the shortcut is added behind, before its activation
 * @param shortcut makes x fit where its shape changes; null for x itself
 */
public record ResidualBlock(Sequential body, ConvBn last, @Nullable ConvBn shortcut)
    implements Layer {
  /** As a segment, which a tape may run again in backward instead of keeping what is inside. */
  @Override
  public Variable forward(Tape tape, Variable x) {
    return tape.segment(x, this::run);
  }

  private Variable run(Tape tape, Variable x) {
    Variable residual = shortcut == null ? x : shortcut.forward(tape, x);
    return last.forwardAdd(tape, body.forward(tape, x), residual);
  }

  @Override
  public Shape outputShape(Shape x) {
    return last.outputShape(body.outputShape(x));
  }

  @Override
  public List<LayerSummary> summaries(Shape x) {
    List<LayerSummary> summaries = new ArrayList<>();
    if (shortcut != null) {
      summaries.addAll(shortcut.summaries(x));
    }
    summaries.addAll(body.summaries(x));
    summaries.add(last.summaryOfAdd(body.outputShape(x)));
    return summaries;
  }

  @Override
  public <V> V appendTo(GraphBuilder<V> graph, V x) {
    V residual = shortcut == null ? x : shortcut.appendTo(graph, x);
    return last.appendAdd(graph, body.appendTo(graph, x), residual);
  }
}
