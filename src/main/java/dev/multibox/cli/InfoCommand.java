package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
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
    description = "Show devices, versions and models.",
    footer = {"", "Examples:", "  multibox info", "  multibox info --json info.json"})
final class InfoCommand implements Callable<Integer> {
  private static final String NO_GPU = "none: the CUDA backend is not built yet";

  private final List<ModelInfo> models;

  @Spec private CommandSpec spec;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the same there as JSON.")
  private @Nullable Path json;

  InfoCommand() {
    this(List.of());
  }

  InfoCommand(List<ModelInfo> models) {
    this.models = List.copyOf(models);
  }

  /** What the list of models shows of one. */
  interface ModelInfo {
    /** The name {@code --model} takes. */
    String name();

    /** The number of trained parameters. */
    long parameters();

    /** Multiplications with additions of a forward pass over one image, in 10^9. */
    double gmac();
  }

  @Override
  public Integer call() throws IOException {
    if (json != null) {
      Outputs.requireWritable(json);
    }
    Map<String, String> facts = facts();
    PrintWriter out = spec.commandLine().getOut();
    facts.forEach((name, value) -> out.printf("%-10s %s%n", name, value));
    for (ModelInfo model : models) {
      out.printf(
          "%-10s %s, %,d parameters, %.2f GMAC%n",
          "Model", model.name(), model.parameters(), model.gmac());
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
    facts.put("GPU", NO_GPU);
    return facts;
  }

  private static String cpu() {
    try (Backend backend = CpuBackend.open()) {
      return backend.description();
    }
  }

  private static Map<String, Object> json(ModelInfo model) {
    return Map.of("name", model.name(), "parameters", model.parameters(), "gmac", model.gmac());
  }
}
