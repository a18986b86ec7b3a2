package dev.multibox.train;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.multibox.data.Splits;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import java.util.List;
import java.util.Map;

/** Configurations of short runs. */
final class TrainConfigs {
  private static final JsonMapper JSON = new JsonMapper();

  private TrainConfigs() {}

  /** The network of a configuration for this data. */
  static Ssd.Config network(TrainConfig config, Splits splits) {
    return new Ssd.Config(
        ModelRegistry.find(config.model()),
        config.inputHeight(),
        config.inputWidth(),
        splits.train().classes());
  }

  /** A run of {@code ssd-tiny} on images of 32 pixels, four a step, evaluated at its end. */
  static TrainConfig tiny(long iterations) {
    return new TrainConfig(
        "ssd-tiny",
        "shapes",
        List.of("/data/shapes"),
        null,
        null,
        null,
        null,
        false,
        32,
        32,
        iterations,
        4,
        1,
        0.02f,
        5e-4f,
        0,
        0,
        0,
        1,
        2,
        "cpu",
        "fp32",
        "none",
        null,
        "test");
  }

  /** {@link #tiny(long)} with other values of the fields named. */
  static TrainConfig tiny(long iterations, Map<String, ?> changes) {
    ObjectNode fields = JSON.valueToTree(tiny(iterations));
    changes.forEach((field, value) -> fields.set(field, JSON.valueToTree(value)));
    return JSON.convertValue(fields, TrainConfig.class);
  }
}
