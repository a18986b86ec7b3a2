package dev.multibox.cli;

import dev.multibox.model.Ssd;
import dev.multibox.model.SsdNetwork;
import dev.multibox.nn.LayerSummary;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A network layer by layer, for people and for machines.
 *
 * @param table lines for a terminal, ends with a line break
 * @param json what {@code --json} writes
 */
record ModelReport(String table, Map<String, Object> json) {
  private static final double MEGA = 1e6;
  private static final double GIGA = 1e9;
  private static final String COLUMNS = "%-30s %-45s %-13s %11s %9s %8s%n";

  static ModelReport of(SsdNetwork network) {
    List<LayerSummary> layers = network.summaries();
    long kept = layers.stream().mapToLong(LayerSummary::keptBytes).sum();
    StringBuilder table = new StringBuilder(title(network));
    table.append(
        String.format(
            Locale.ROOT, COLUMNS, "layer", "operation", "output", "parameters", "MMAC", "kept MB"));
    layers.forEach(layer -> table.append(row(layer)));
    table.append(
        row(
            new LayerSummary(
                "total",
                "",
                Shape.of(),
                network.scope().parameterCount(),
                network.multiplyAdds(),
                kept)));
    table.append(
        "kept: what training keeps of one image for the gradients, in fp32; maps: %s%n"
            .formatted(maps(network)));
    return new ModelReport(table.toString(), json(network, layers, kept));
  }

  private static String title(SsdNetwork network) {
    Ssd.Config config = network.config();
    return String.format(
        Locale.ROOT,
        "%s: %s%n%dx%d, %d classes with background, %,d priors, %.3f GMAC%n%n",
        config.definition().name(),
        config.definition().summary(),
        config.inputHeight(),
        config.inputWidth(),
        config.classes(),
        network.priors().count(),
        network.multiplyAdds() / GIGA);
  }

  private static String row(LayerSummary layer) {
    return String.format(
        Locale.ROOT,
        COLUMNS,
        layer.name(),
        layer.operation(),
        layer.output().rank() == 4 ? size(layer.output()) : "",
        layer.parameters() == 0 ? "-" : String.format(Locale.ROOT, "%,d", layer.parameters()),
        layer.multiplyAdds() == 0
            ? "-"
            : String.format(Locale.ROOT, "%,.1f", layer.multiplyAdds() / MEGA),
        String.format(Locale.ROOT, "%.2f", layer.keptBytes() / MEGA));
  }

  /** Height, width and channels. */
  private static String size(Shape map) {
    return "%dx%dx%d".formatted(map.dim(1), map.dim(2), map.dim(3));
  }

  private static String maps(SsdNetwork network) {
    return network.maps().stream().map(ModelReport::size).collect(Collectors.joining(" "));
  }

  private static Map<String, Object> json(
      SsdNetwork network, List<LayerSummary> layers, long kept) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", network.config().definition().name());
    json.put("summary", network.config().definition().summary());
    json.put("input_height", network.config().inputHeight());
    json.put("input_width", network.config().inputWidth());
    json.put("classes", network.config().classes());
    json.put("priors", network.priors().count());
    json.put("parameters", network.scope().parameterCount());
    json.put("gmac", network.multiplyAdds() / GIGA);
    json.put("kept_bytes", kept);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (LayerSummary layer : layers) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", layer.name());
      row.put("operation", layer.operation());
      row.put("output", layer.output().dims());
      row.put("parameters", layer.parameters());
      row.put("multiply_adds", layer.multiplyAdds());
      row.put("kept_bytes", layer.keptBytes());
      rows.add(row);
    }
    json.put("layers", rows);
    return json;
  }
}
