package dev.multibox.onnx;

import dev.multibox.backend.HeadLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * What the heads give, prior after prior.
 *
 * @param logits {@code [N, P, K]}
 * @param offsets {@code [N, P, 4]}
 */
record OnnxHeads(String logits, String offsets) {
  static final String LOGITS = "class_logits";
  static final String OFFSETS = "box_offsets";
  private static final String LAYER = "heads";
  private static final int COORDINATES = 4;

  /**
   * Brings the levels {@code [N, channels, H, W]} of heads into the order of priors: cells first,
   * then the parts of each cell's channels.
   */
  static OnnxHeads of(OnnxGraph graph, List<String> levels, List<HeadLayout> layouts) {
    int classes = layouts.getFirst().classes();
    String logitRows = graph.integers("heads.logit_rows", 0, -1, classes);
    String offsetRows = graph.integers("heads.offset_rows", 0, -1, COORDINATES);
    List<String> logits = new ArrayList<>();
    List<String> offsets = new ArrayList<>();
    for (int level = 0; level < levels.size(); level++) {
      HeadLayout layout = layouts.get(level);
      String cells =
          graph.node("Transpose").inputs(levels.get(level)).integers("perm", 0, 2, 3, 1).result();
      String lengths =
          graph.integers(
              "heads.%d.parts".formatted(level),
              (long) layout.priorsPerCell() * classes,
              (long) layout.priorsPerCell() * COORDINATES);
      String[] parts =
          graph
              .node("Split")
              .inputs(cells, lengths)
              .integer("axis", 3)
              .results("logits", "offsets");
      logits.add(graph.node("Reshape").inputs(parts[0], logitRows).result());
      offsets.add(graph.node("Reshape").inputs(parts[1], offsetRows).result());
    }
    return new OnnxHeads(joined(graph, logits, LOGITS), joined(graph, offsets, OFFSETS));
  }

  private static String joined(OnnxGraph graph, List<String> levels, String name) {
    return graph
        .node("Concat")
        .of(LAYER)
        .inputs(levels.toArray(String[]::new))
        .integer("axis", 1)
        .result(name);
  }
}
