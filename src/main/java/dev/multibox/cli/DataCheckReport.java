package dev.multibox.cli;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.multibox.data.Dataset;
import dev.multibox.data.DatasetStatistics;
import dev.multibox.data.DatasetStatistics.Spread;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code data check} found, in the form of its {@code --json}.
 *
 * @param faults one line each
 * @param splits what each split is made of
 */
record DataCheckReport(List<String> faults, Map<String, Split> splits) {
  /**
   * A split.
   *
   * @param statistics of what is sound in it
   * @param remarks one line on each kind of thing that was bent to fit
   * @param network whose priors the objects were held against, null if none was named
   * @param fitted the part of the objects that the priors fit, likewise
   */
  record Split(
      DatasetStatistics statistics,
      List<String> remarks,
      @Nullable String network,
      @Nullable Double fitted) {}

  static DataCheckReport of(
      Collection<String> faults, Map<String, Dataset> datasets, Optional<PriorReach> reach) {
    Map<String, Split> splits = new LinkedHashMap<>();
    datasets.forEach((name, dataset) ->
        splits.put(
            name,
            new Split(
                DatasetStatistics.of(dataset),
                dataset.remarks(),
                reach.map(PriorReach::network).orElse(null),
                reach.map(priors -> priors.share(dataset)).orElse(null))));
    return new DataCheckReport(faults.stream().map(FileErrors::oneLine).toList(), splits);
  }

  /** The faults, then a paragraph for each split. */
  void print(PrintWriter out) {
    faults.forEach(out::println);
    if (!faults.isEmpty()) {
      out.printf("%d faults; the numbers are those of what is sound%n", faults.size());
    }
    splits.forEach((name, split) -> print(out, name, split));
    out.flush();
  }

  private static void print(PrintWriter out, String name, Split split) {
    DatasetStatistics all = split.statistics();
    line(
        out,
        "%s: %d images (%d without objects), %d objects (%d crowds, %d difficult), at most %d on one image",
        name,
        all.images(),
        all.empty(),
        all.objects(),
        all.crowd(),
        all.difficult(),
        all.most());
    line(out, "  images  %s wide, %s high", pixels(all.width()), pixels(all.height()));
    line(
        out,
        "  boxes   %d small, %d medium, %d large; width / height %.2f to %.2f, median %.2f",
        all.small(),
        all.medium(),
        all.large(),
        all.aspect().least(),
        all.aspect().largest(),
        all.aspect().median());
    if (split.network() != null && split.fitted() != null) {
      line(
          out,
          "  priors  of %s overlap %.1f %% of the objects by an IoU of 0.5",
          split.network(),
          100 * split.fitted());
    }
    split.remarks().forEach(remark -> line(out, "  note    %s", remark));
    all.categories().forEach((category, count) -> line(out, "  %-20s %d", category, count));
  }

  private static String pixels(Spread spread) {
    return String.format(
        Locale.ROOT,
        "%.0f to %.0f pixels (median %.0f)",
        spread.least(),
        spread.largest(),
        spread.median());
  }

  @FormatMethod
  private static void line(PrintWriter out, @FormatString String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
