package dev.multibox.cli;

import dev.multibox.eval.CocoNumber;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** The twelve COCO numbers as a table for a reader. */
final class MetricsTable {
  private MetricsTable() {}

  /**
   * One number a line, a dash where no object counts for it; nothing for a run that was never
   * evaluated.
   */
  static void print(PrintWriter out, Map<CocoNumber, Double> numbers) {
    numbers.forEach((number, value) ->
        out.println(
            String.format(
                Locale.ROOT,
                "%-10s %6s",
                number.key(),
                value < 0 ? "-" : String.format(Locale.ROOT, "%.3f", value))));
    out.flush();
  }
}
