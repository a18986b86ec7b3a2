package dev.multibox.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The models that can be named. */
public final class ModelRegistry {
  private static final Map<String, SsdDefinition> DEFINITIONS = new LinkedHashMap<>();

  static {
    add(SsdTiny.definition());
    SsdVgg.definitions().forEach(ModelRegistry::add);
    SsdResNet.definitions().forEach(ModelRegistry::add);
    SsdLite.definitions().forEach(ModelRegistry::add);
  }

  private ModelRegistry() {}

  private static void add(SsdDefinition definition) {
    DEFINITIONS.put(definition.name(), definition);
  }

  /** All names, in the order they are shown. */
  public static List<String> names() {
    return List.copyOf(DEFINITIONS.keySet());
  }

  /**
   * The model of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static SsdDefinition find(String name) {
    SsdDefinition definition = DEFINITIONS.get(name);
    if (definition == null) {
      throw new IllegalArgumentException(
          "model: there is no '%s'; there is %s"
              .formatted(name, String.join(", ", DEFINITIONS.keySet())));
    }
    return definition;
  }
}
