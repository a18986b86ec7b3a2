package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The plans of a model's convolutions in one precision, for people. */
final class PlanTable {
  /**
   * A convolution and its plan.
   *
   * @param offered how many plans there were to choose among
   * @param remark why the plan is not as plans should be; empty if it is
   */
  private record Row(
      ConvolutionCall call,
      String plan,
      boolean tensorCores,
      long bytes,
      int offered,
      String remark) {
    String line() {
      return String.format(
          Locale.ROOT,
          "  %-9s %-3s %9d %7d  %s%s",
          plan,
          tensorCores ? "yes" : "no",
          bytes >> 10,
          offered,
          call.label(),
          remark.isEmpty() ? "" : " (" + remark + ")");
    }

    /** For example {@code 62} of {@code A3:62tr}. */
    int engine() {
      return Integer.parseInt(plan.replaceAll("^.*:|\\D+$", ""));
    }
  }

  private final String title;
  private final List<Row> rows = new ArrayList<>();

  PlanTable(String model, MathPolicy policy, int batch) {
    title = "%s %s, batch %d".formatted(model, policy, batch);
  }

  void add(ConvolutionPlan plan, int offered, String remark) {
    boolean tensorCores = plan.notes().contains(NumericalNote.TENSOR_CORE);
    rows.add(
        new Row(plan.call(), plan.name(), tensorCores, plan.workspaceBytes(), offered, remark));
  }

  /** One line of it all. */
  String summary() {
    Map<Pass, Integer> passes = new EnumMap<>(Pass.class);
    Map<Integer, Integer> engines = new TreeMap<>();
    for (Row row : rows) {
      passes.merge(row.call.pass(), 1, Integer::sum);
      engines.merge(row.engine(), 1, Integer::sum);
    }
    long bytes = rows.stream().mapToLong(Row::bytes).max().orElse(0);
    long without = rows.stream().filter(row -> !row.tensorCores).count();
    return String.format(
        Locale.ROOT,
        "%s: %d convolutions (%s); engines %s; at most %d KiB of workspace; %d without tensor"
            + " cores%s",
        title,
        rows.size(),
        passes.entrySet().stream()
            .map(pass -> pass.getValue() + " " + pass.getKey().name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ")),
        engines.entrySet().stream()
            .map(engine -> engine.getKey() + "x" + engine.getValue())
            .collect(Collectors.joining(" ")),
        bytes >> 10,
        without,
        remarks());
  }

  private String remarks() {
    Map<String, Integer> counts = new TreeMap<>();
    rows.stream()
        .map(Row::remark)
        .filter(remark -> !remark.isEmpty())
        .forEach(remark -> counts.merge(remark, 1, Integer::sum));
    return counts.entrySet().stream()
        .map(remark -> "; %d %s".formatted(remark.getValue(), remark.getKey()))
        .collect(Collectors.joining());
  }

  /** All of it: a title, the names of the columns, a line each. */
  Collection<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(summary());
    lines.add("  plan      tensor cores");
    lines.add("            |   workspace, KiB");
    lines.add("            |           | offered  convolution");
    rows.forEach(row -> lines.add(row.line()));
    return lines;
  }
}
