package dev.multibox.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.eval.CocoNumber;
import dev.multibox.picture.Curves;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Draws a run's losses, its evaluations and its learning rate from its log, so that a run that was
 * resumed is drawn from its beginning.
 */
final class RunCurves {
  private static final JsonMapper JSON = new JsonMapper();

  private final List<JsonNode> log;

  private RunCurves(List<JsonNode> log) {
    this.log = log;
  }

  /** Writes the curves of {@code log} to {@code picture}; nothing while the log is empty. */
  static void write(Path log, Path picture) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      lines.add(JSON.readTree(line));
    }
    List<Curves.Chart> charts = new RunCurves(lines).charts();
    if (!charts.isEmpty()) {
      Curves.write(charts, picture);
    }
  }

  private List<Curves.Chart> charts() {
    return Stream.of(
            chart(
                "training loss",
                Curves.Range.FROM_ZERO,
                line("total", RunRecorder.LOSS),
                line("classification", RunRecorder.CLASSIFICATION),
                line("localisation", RunRecorder.LOCALISATION)),
            chart(
                "validation",
                Curves.Range.UNIT,
                line("AP", CocoNumber.AP.key()),
                line("AP50", CocoNumber.AP50.key())),
            chart(
                "learning rate",
                Curves.Range.FROM_ZERO,
                line("learning rate", RunRecorder.LEARNING_RATE)))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Curves.Chart> chart(
      String title, Curves.Range range, Curves.Line... lines) {
    List<Curves.Line> known = Stream.of(lines).filter(line -> !line.steps().isEmpty()).toList();
    return known.isEmpty() ? Optional.empty() : Optional.of(new Curves.Chart(title, range, known));
  }

  /** The values of a field; COCO's -1 for what there is none of to find is no value. */
  private Curves.Line line(String name, String field) {
    List<Double> steps = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (JsonNode line : log) {
      JsonNode value = line.path(field);
      if (value.isNumber() && value.asDouble() >= 0) {
        steps.add(line.path(RunRecorder.ITERATION).asDouble());
        values.add(value.asDouble());
      }
    }
    return new Curves.Line(name, steps, values);
  }
}
