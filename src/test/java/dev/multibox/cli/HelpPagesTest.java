package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** What {@code --help} says of every command there is. */
class HelpPagesTest {
  private static final String EXAMPLE = "  multibox ";

  /** The words that name each command, {@code multibox} first. */
  static Stream<List<String>> commands() {
    List<List<String>> paths = new ArrayList<>();
    collect(commandLine(), List.of("multibox"), paths);
    return paths.stream();
  }

  private static void collect(CommandLine line, List<String> path, List<List<String>> paths) {
    paths.add(path);
    line.getSubcommands()
        .forEach((name, command) -> {
          List<String> longer = new ArrayList<>(path);
          longer.add(name);
          collect(command, longer, paths);
        });
  }

  private static CommandLine commandLine() {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return MultiBox.commandLine(nowhere, nowhere);
  }

  private static CommandSpec spec(List<String> path) {
    CommandLine line = commandLine();
    for (String name : path.subList(1, path.size())) {
      line = Objects.requireNonNull(line.getSubcommands().get(name));
    }
    return line.getCommandSpec();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void opensOnEveryCommandInAnyPlace(List<String> path) {
    List<Object> words = new ArrayList<>(path.subList(1, path.size()));
    words.add("--help");
    CommandRun run = CommandRun.of(words.toArray());
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("Usage: " + String.join(" ", path), "Examples:", "--debug")
        .contains(spec(path).usageMessage().footer());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void saysWhatTheCommandAndEachOfItsOptionsAreFor(List<String> path) {
    CommandSpec spec = spec(path);
    UsageMessageSpec usage = spec.usageMessage();
    assertThat(String.join("", usage.header()) + String.join("", usage.description())).isNotBlank();
    for (ArgSpec argument : spec.args()) {
      assertThat(String.join("", argument.description())).describedAs("%s", argument).isNotBlank();
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void givesExamplesThatParse(List<String> path) {
    List<List<String>> examples =
        String.join("\n", spec(path).usageMessage().footer())
            .replaceAll("\\\\\n\\s*", "")
            .lines()
            .filter(line -> line.startsWith(EXAMPLE))
            .map(HelpPagesTest::words)
            .toList();
    assertThat(examples).isNotEmpty();
    for (List<String> example : examples) {
      assertThat(example)
          .describedAs("an example of %s", path)
          .startsWith(path.toArray(String[]::new));
      assertThatCode(() ->
              commandLine().parseArgs(example.subList(1, example.size()).toArray(String[]::new)))
          .describedAs("%s", example)
          .doesNotThrowAnyException();
    }
  }

  /** A line's words; what stands two spaces behind them explains it. */
  private static List<String> words(String line) {
    return List.of(line.strip().replaceFirst("\\s{2,}.*", "").split(" ", -1));
  }
}
