package dev.multibox.cli;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the pages for people to what the code calls things. */
class DocumentationTest {
  /** A line of a page that is a command, without the remark behind it. */
  private static final Pattern COMMAND =
      Pattern.compile("^\\./multibox ?(.*?)( {2,}.*)?$", Pattern.MULTILINE);

  /** {@code Type} or {@code Type.member}, after its package or not, in backticks. */
  private static final Pattern NAME =
      Pattern.compile("`((?:[a-z][a-z0-9]*\\.)*)([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+))?`");

  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]+)");

  private static final Map<String, List<Path>> SOURCES =
      Stream.of("src/main/java", "src/test/java", "jmh")
          .flatMap(folder -> files(Path.of(folder), ".java"))
          .filter(file -> !file.endsWith("package-info.java"))
          .collect(groupingBy(file -> file.getFileName().toString()));

  static List<Path> pages() {
    return Stream.of(Stream.of(Path.of("README.md")), files(Path.of("docs"), ".md"))
        .flatMap(page -> page)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyCommandOnAPageIsOneThatWouldRun(Path page) throws IOException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    for (MatchResult command : COMMAND.matcher(Files.readString(page)).results().toList()) {
      String[] words = command.group(1).isEmpty() ? new String[0] : command.group(1).split(" +");
      assertThatCode(() -> MultiBox.commandLine(nowhere, nowhere).parseArgs(words))
          .describedAs("%s on %s", command.group(), page)
          .doesNotThrowAnyException();
    }
  }

  @Test
  void theReadmeShowsEveryCommand() throws IOException {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    String readme = Files.readString(Path.of("README.md"));
    assertThat(MultiBox.commandLine(nowhere, nowhere).getSubcommands().keySet())
        .isNotEmpty()
        .allSatisfy(command -> assertThat(readme).contains("`./multibox " + command));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyTypeAndMemberThatAPageNamesExists(Path page) throws IOException {
    for (MatchResult name : NAME.matcher(Files.readString(page)).results().toList()) {
      String member = name.group(3) == null ? "" : name.group(3);
      assertThat(SOURCES.getOrDefault(name.group(2) + ".java", List.of()))
          .describedAs("%s on %s", name.group(), page)
          .anySatisfy(file -> {
            assertThat(file.toString().replace('/', '.'))
                .endsWith(".%s%s.java".formatted(name.group(1), name.group(2)));
            assertThat(Files.readString(file)).containsPattern("\\b%s\\b".formatted(member));
          });
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void everyLinkLeadsToAFile(Path page) throws IOException {
    for (MatchResult link : LINK.matcher(Files.readString(page)).results().toList()) {
      assertThat(page.toAbsolutePath().resolveSibling(link.group(1)).normalize())
          .describedAs("%s in %s", link.group(), page)
          .exists();
    }
  }

  private static Stream<Path> files(Path folder, String ending) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
