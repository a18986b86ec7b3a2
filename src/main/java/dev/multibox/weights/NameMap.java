package dev.multibox.weights;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How another project names the tensors of a model, as a table: their name, ours, and what the
 * tensor is if it is not simply the same.
 *
 * <p>In a name {@code #} stands for a number, {@code *} for a part without dots and {@code **} for
 * any rest; ours has them in the order in which they stand in theirs. The first row that matches
 * counts. {@code -} in place of our name leaves a tensor out: we have nothing of the kind, or no
 * need of it.
 */
final class NameMap {
  /** What a tensor is to us. */
  enum Use {
    /** The same tensor under another name, a filter in another layout. */
    SAME,
    /** The filter or bias of a head that gives class logits alone. */
    CLASSES,
    /** The filter or bias of a head that gives box offsets alone. */
    BOXES,
    /** Nothing. */
    NOTHING
  }

  /** Our name of a tensor, and what it is to us. */
  record Target(String name, Use use) {}

  private static final Pattern PLACEHOLDER = Pattern.compile("#|\\*\\*|\\*");
  private static final String LEFT_OUT = "-";

  /** A row of the table. */
  private record Row(Pattern theirs, String template, Pattern ours, Use use) {
    static Row parse(String line) {
      String[] columns = line.strip().split("\\s+", -1);
      Use use = Use.SAME;
      if (columns[1].equals(LEFT_OUT)) {
        use = Use.NOTHING;
      } else if (columns.length > 2) {
        use = Use.valueOf(columns[2].toUpperCase(Locale.ROOT));
      }
      return new Row(pattern(columns[0]), columns[1], pattern(columns[1]), use);
    }

    Optional<Target> target(String name) {
      Matcher matcher = theirs.matcher(name);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      int[] group = {0};
      String ours =
          use == Use.NOTHING
              ? ""
              : PLACEHOLDER
                  .matcher(template)
                  .replaceAll(_ -> Matcher.quoteReplacement(matcher.group(++group[0])));
      return Optional.of(new Target(ours, use));
    }
  }

  private final List<Row> rows;

  private NameMap(List<Row> rows) {
    this.rows = rows;
  }

  /** The map of tables one behind the other, one row a line, columns apart by spaces. */
  static NameMap of(String... tables) {
    return new NameMap(Arrays.stream(tables).flatMap(String::lines).map(Row::parse).toList());
  }

  /** A pattern with a group for each placeholder. */
  private static Pattern pattern(String template) {
    StringBuilder pattern = new StringBuilder();
    Matcher placeholder = PLACEHOLDER.matcher(template);
    int end = 0;
    while (placeholder.find()) {
      pattern.append(Pattern.quote(template.substring(end, placeholder.start())));
      pattern.append(
          switch (placeholder.group()) {
            case "#" -> "(\\d+)";
            case "*" -> "([^.]+)";
            default -> "(.+)";
          });
      end = placeholder.end();
    }
    return Pattern.compile(pattern.append(Pattern.quote(template.substring(end))).toString());
  }

  /** What their tensor of this name is to us; empty if the table has no such name. */
  Optional<Target> find(String theirs) {
    return rows.stream().map(row -> row.target(theirs)).flatMap(Optional::stream).findFirst();
  }

  /** Whether a file of theirs gives our tensor of this name. */
  boolean gives(String ours) {
    return rows.stream().anyMatch(row -> row.ours().matcher(ours).matches());
  }
}
