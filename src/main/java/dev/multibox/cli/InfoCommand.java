package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code multibox info}: what this machine has to compute with, and the models there are. */
@Command(
    name = "info",
    header = "Show devices, versions and models, or one model layer by layer.",
    footer = {
      "",
      "Examples:",
      "  multibox info",
      "  multibox info --json info.json",
      "  multibox info --model ssd300-vgg16 --input-size 512 --classes 81"
    })
final class InfoCommand implements Callable<Integer> {
  /** PASCAL VOC's 20 and background, for which models are usually compared. */
  private static final int CLASSES = 21;

  @Spec private CommandSpec spec;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the same there as JSON.")
  private @Nullable Path json;

  @Option(names = "--model", description = "Show this model's layers and what each costs.")
  private @Nullable String model;

  @Option(
      names = "--input-size",
      paramLabel = "PIXELS|HxW",
      description = "The size of its image (the model's own).")
  private @Nullable String inputSize;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Its classes, background included (21).")
  private @Nullable Integer classes;

  /** What the list of models shows of one, at its own input size with {@link #CLASSES} classes. */
  private record ModelInfo(String name, String summary, long parameters, double gmac) {}

  @Override
  public Integer call() throws IOException {
    if (json != null) {
      Outputs.requireWritable(json);
    }
    return model == null ? machine() : layers(model);
  }

  private int layers(String name) throws IOException {
    SsdDefinition definition = RunPlan.known(() -> ModelRegistry.find(name));
    InputSize size = InputSize.parse(inputSize, definition);
    int wanted = classes == null ? CLASSES : classes;
    if (wanted < 2) {
      throw UserError.of("--classes: was %d, wanted background and at least another", wanted);
    }
    Ssd.Config config = new Ssd.Config(definition, size.height(), size.width(), wanted);
    ModelReport report = ModelReport.of(RunPlan.known(() -> new SsdNetwork(config, 1)));
    spec.commandLine().getOut().print(report.table());
    spec.commandLine().getOut().flush();
    if (json != null) {
      Outputs.writeJson(json, report.json());
    }
    return ExitCode.DONE;
  }

  private int machine() throws IOException {
    if (inputSize != null || classes != null) {
      throw UserError.of(
          "%s: is of a model; name it with --model",
          inputSize != null ? "--input-size" : "--classes");
    }
    Map<String, String> facts = facts();
    List<ModelInfo> models = models();
    PrintWriter out = spec.commandLine().getOut();
    facts.forEach((name, value) -> out.printf("%-13s %s%n", name, value));
    for (ModelInfo model : models) {
      out.printf(
          Locale.ROOT,
          "%-13s %s: %s; %,d parameters, %.3f GMAC with %d classes%n",
          "Model",
          model.name(),
          model.summary(),
          model.parameters(),
          model.gmac(),
          CLASSES);
    }
    out.flush();
    if (json != null) {
      Map<String, Object> content = new LinkedHashMap<>(facts);
      content.put("models", models.stream().map(InfoCommand::json).toList());
      Outputs.writeJson(json, content);
    }
    return ExitCode.DONE;
  }

  private static Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("MultiBox", Version.multibox());
    facts.put("Java", "%s (%s)".formatted(Runtime.version(), Version.vendor()));
    facts.put(
        "System",
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")));
    facts.put("CPU", cpu());
    facts.putAll(GpuReport.facts(CudaSystem.find()));
    return facts;
  }

  private static String cpu() {
    try (Backend backend = CpuBackend.open()) {
      return backend.description();
    }
  }

  private static List<ModelInfo> models() {
    List<ModelInfo> models = new ArrayList<>();
    for (String name : ModelRegistry.names()) {
      SsdDefinition definition = ModelRegistry.find(name);
      SsdNetwork network = new SsdNetwork(Ssd.Config.of(definition, CLASSES), 1);
      models.add(
          new ModelInfo(
              name,
              definition.summary(),
              network.scope().parameterCount(),
              network.multiplyAdds() / 1e9));
    }
    return models;
  }

  private static Map<String, Object> json(ModelInfo model) {
    return Map.of("name", model.name(), "parameters", model.parameters(), "gmac", model.gmac());
  }
}
