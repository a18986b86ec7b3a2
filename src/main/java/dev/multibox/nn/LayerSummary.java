package dev.multibox.nn;

import dev.multibox.tensor.Shape;

/**
 * One line of a network's table: an op that a layer runs, and what it costs.
 *
 * @param name what its parameters' names begin with; empty where it learns nothing
 * @param operation what it does, for example {@code conv 3x3 /2, relu}
 * @param output the shape of its result
 * @param parameters values it learns
 * @param multiplyAdds multiply-adds of its convolutions
 * @param keptBytes what forward leaves for backward in F32, the result included
 */
public record LayerSummary(
    String name,
    String operation,
    Shape output,
    long parameters,
    long multiplyAdds,
    long keptBytes) {

  /** Multiply-adds of all. */
  public static long multiplyAdds(Iterable<LayerSummary> summaries) {
    long sum = 0;
    for (LayerSummary summary : summaries) {
      sum += summary.multiplyAdds();
    }
    return sum;
  }
}
