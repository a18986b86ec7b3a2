package dev.multibox.onnx;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.onnx.OnnxGraph.Element;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The end of inference, as {@link dev.multibox.backend.NmsKernels#detect} has it: scores, filter,
 * top candidates, decoding, suppression class by class, top detections, with the same ties.
 *
 * <p>A score that is no candidate's is set to zero instead of being left out, so that every step
 * has the same shape {@code [N, K - 1, P]} and a prior keeps its place: {@code TopK}, whose ties go
 * to the lower place, then orders equal scores by class and prior.
 */
final class OnnxDetections {
  private static final String LAYER = "detections";

  private final OnnxGraph graph;
  private final OnnxHeads heads;
  private final List<HeadLayout> layouts;
  private final NmsParams params;
  private final int classes;
  private final int priors;
  private final String zero;

  OnnxDetections(OnnxGraph graph, OnnxHeads heads, List<HeadLayout> layouts, NmsParams params) {
    this.graph = graph;
    this.heads = heads;
    this.layouts = layouts;
    this.params = params;
    classes = layouts.getFirst().classes();
    priors = layouts.getLast().firstPrior() + layouts.getLast().priors();
    zero = graph.floats(LAYER + "/zero", Shape.of(), 0);
  }

  /**
   * Appends everything up to the outputs {@code boxes}, {@code scores}, {@code labels} and {@code
   * counts}.
   *
   * @param centres {@code [P, 4]}, the priors as {@code cx cy w h}
   */
  void append(float[] centres, BoxCoding coding) {
    String boxes = decoded(centres, coding);
    if (params.clip() == Clip.BEFORE_NMS) {
      boxes = clipped(boxes);
    }
    best(kept(boxes, candidates()), boxes);
  }

  /** {@code [N, K - 1, P]}: the scores of candidates, else zeros. */
  private String candidates() {
    String every =
        switch (params.scores()) {
          case SOFTMAX ->
              graph.node("Softmax").of(LAYER).inputs(heads.logits()).integer("axis", 2).result();
          case SIGMOID -> graph.node("Sigmoid").of(LAYER).inputs(heads.logits()).result();
        };
    String chosen = params.choice() == Choice.BEST_CLASS ? bestClasses(every) : every;
    String objects = slice(chosen, 1, classes, 2);
    String scores = graph.node("Transpose").inputs(objects).integers("perm", 0, 2, 1).result();
    // What is not a number is above nothing.
    String filtered =
        where(
            above(
                scores,
                graph.floats(LAYER + "/score_threshold", Shape.of(), params.scoreThreshold())),
            scores);
    String thinned = params.candidatesPerLevel() > 0 ? bestOfLevels(filtered) : filtered;
    int limit = params.candidatesPerClass();
    return limit > 0 && limit < priors ? largest(thinned, limit) : thinned;
  }

  /** Scores of each prior's best class, the first of equals; zeros for the others. */
  private String bestClasses(String scores) {
    long[] numbers = new long[classes];
    for (int k = 0; k < classes; k++) {
      numbers[k] = k;
    }
    String best =
        graph.node("ArgMax").inputs(scores).integer("axis", 2).integer("keepdims", 1).result();
    String all = graph.integers(LAYER + "/classes", Shape.of(1, 1, classes), numbers);
    return where(graph.node("Equal").inputs(best, all).result(), scores);
  }

  /** Scores of those priors of each level that have the largest of any class. */
  private String bestOfLevels(String scores) {
    String ofAnyClass =
        graph.node("ReduceMax").inputs(scores).integers("axes", 1).integer("keepdims", 1).result();
    List<String> levels = new ArrayList<>();
    for (HeadLayout layout : layouts) {
      int from = layout.firstPrior();
      String level = slice(ofAnyClass, from, from + layout.priors(), 2);
      boolean limited = layout.priors() > params.candidatesPerLevel();
      levels.add(limited ? largest(level, params.candidatesPerLevel()) : level);
    }
    String kept =
        graph.node("Concat").inputs(levels.toArray(String[]::new)).integer("axis", 2).result();
    return where(above(kept, zero), scores);
  }

  /** {@code scores} with all but the {@code limit} largest along the last axis set to zero. */
  private String largest(String scores, int limit) {
    String count = graph.integers(LAYER + "/limit", limit);
    String[] top =
        graph.node("TopK").inputs(scores, count).integer("axis", 2).results("values", "places");
    return graph
        .node("ScatterElements")
        .inputs(zeros(scores), top[1], top[0])
        .integer("axis", 2)
        .result();
  }

  /** {@code [N, P, 4]} corners, computed in the order of {@link BoxCoding}'s formulas. */
  private String decoded(float[] centres, BoxCoding coding) {
    String weights =
        graph.floats(
            LAYER + "/weights",
            Shape.of(4),
            coding.weightX(),
            coding.weightY(),
            coding.weightWidth(),
            coding.weightHeight());
    String moves = graph.node("Div").of(LAYER).inputs(heads.offsets(), weights).result();
    String middles = columns(centres, 0, "prior_centres");
    String sizes = columns(centres, 2, "prior_sizes");
    String shift = graph.node("Mul").inputs(slice(moves, 0, 2, 2), sizes).result();
    String middle = graph.node("Add").inputs(shift, middles).result();
    String growth = slice(moves, 2, 4, 2);
    if (coding.maxLogScale() < Float.POSITIVE_INFINITY) {
      String most = graph.floats(LAYER + "/max_log_scale", Shape.of(), coding.maxLogScale());
      growth = graph.node("Min").inputs(growth, most).result();
    }
    String factor = graph.node("Exp").inputs(growth).result();
    String size = graph.node("Mul").inputs(factor, sizes).result();
    String half =
        graph.node("Mul").inputs(size, graph.floats(LAYER + "/half", Shape.of(), 0.5f)).result();
    String first = graph.node("Sub").inputs(middle, half).result();
    String second = graph.node("Add").inputs(middle, half).result();
    return graph.node("Concat").inputs(first, second).integer("axis", 2).result();
  }

  /** Two neighbouring columns of {@code [P, 4]}. */
  private String columns(float[] values, int first, String name) {
    float[] columns = new float[2 * priors];
    for (int p = 0; p < priors; p++) {
      columns[2 * p] = values[4 * p + first];
      columns[2 * p + 1] = values[4 * p + first + 1];
    }
    return graph.floats(LAYER + "/" + name, Shape.of(priors, 2), columns);
  }

  /** Scores that suppression leaves, else zeros. */
  private String kept(String boxes, String scores) {
    String selected =
        graph
            .node("NonMaxSuppression")
            .inputs(
                boxes,
                scores,
                graph.integers(LAYER + "/kept_per_class", keptPerClass()),
                graph.floats(LAYER + "/iou_threshold", Shape.of(1), iouThreshold()),
                graph.floats(LAYER + "/candidate_above", Shape.of(1), 0))
            .result();
    String left = graph.node("GatherND").inputs(scores, selected).result();
    return graph.node("ScatterND").inputs(zeros(scores), selected, left).result();
  }

  private long keptPerClass() {
    // An overlap of zero, which every box has with the best one, is at this threshold.
    boolean onlyTheBest = params.overlap() == Overlap.AT_LEAST && params.iouThreshold() == 0;
    return onlyTheBest ? 1 : params.topK();
  }

  /** ONNX removes a box above the threshold: the float below ours, where ours removes at it. */
  private float iouThreshold() {
    return params.overlap() == Overlap.AT_LEAST
        ? Math.max(0, Math.nextDown(params.iouThreshold()))
        : params.iouThreshold();
  }

  /** The best of all classes as the graph's outputs, zeros behind the last. */
  private void best(String kept, String boxes) {
    int capacity = Math.min(params.capacity(classes), Math.multiplyExact(classes - 1, priors));
    String row = graph.integers(LAYER + "/row", 0, -1);
    String flat = graph.node("Reshape").inputs(kept, row).result();
    String count = graph.integers(LAYER + "/top_k", capacity);
    String[] top =
        graph.node("TopK").inputs(flat, count).integer("axis", 1).results("values", "places");
    graph.node("Identity").inputs(top[0]).result("scores");
    String found = above(top[0], zero);

    String perClass = graph.integers(LAYER + "/priors", priors);
    String object = graph.node("Div").inputs(top[1], perClass).result();
    String first = graph.integers(LAYER + "/first_label", 1);
    String label = graph.node("Add").inputs(object, first).result();
    String whole = graph.node("Cast").inputs(found).integer("to", Element.INT64.number()).result();
    graph.node("Mul").inputs(label, whole).result("labels");
    String axis = graph.integers(LAYER + "/axis", 1);
    graph.node("ReduceSum").inputs(whole, axis).integer("keepdims", 0).result("counts");

    String last = graph.integers(LAYER + "/last_axis", -1);
    String prior = graph.node("Mod").inputs(top[1], perClass).result();
    String place = graph.node("Unsqueeze").inputs(prior, last).result();
    String corners = graph.node("GatherND").inputs(boxes, place).integer("batch_dims", 1).result();
    if (params.clip() == Clip.AFTER_NMS) {
      corners = clipped(corners);
    }
    String shown = graph.node("Unsqueeze").inputs(found, last).result();
    graph.node("Where").of(LAYER).inputs(shown, corners, zero).result("boxes");
    graph.batchOutput("boxes", Element.FLOAT, capacity, 4);
    graph.batchOutput("scores", Element.FLOAT, capacity);
    graph.batchOutput("labels", Element.INT64, capacity);
    graph.batchOutput("counts", Element.INT64);
  }

  private String clipped(String boxes) {
    String one = graph.floats(LAYER + "/one", Shape.of(), 1);
    return graph.node("Clip").inputs(boxes, zero, one).result();
  }

  private String above(String x, String least) {
    return graph.node("Greater").inputs(x, least).result();
  }

  /** {@code x} where the condition holds, else zero. */
  private String where(String condition, String x) {
    return graph.node("Where").inputs(condition, x, zero).result();
  }

  private String zeros(String x) {
    return graph.node("Mul").inputs(x, zero).result();
  }

  private String slice(String x, int from, int to, int axis) {
    return graph
        .node("Slice")
        .inputs(
            x,
            graph.integers(LAYER + "/from", from),
            graph.integers(LAYER + "/to", to),
            graph.integers(LAYER + "/along", axis))
        .result();
  }
}
