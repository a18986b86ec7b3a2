package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MultiBoxTest {
  @Test
  void theHelpPageListsTheCommands() {
    CommandRun run = CommandRun.of("--help");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("  eval  ", "  info  ", "Examples:", "Exit codes:");
  }

  @Test
  void namesItsVersionAndJava() {
    CommandRun run = CommandRun.of("--version");
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).startsWith("MultiBox ").contains("Java " + Runtime.version());
  }

  @Test
  void refusesACallWithoutACommand() {
    CommandRun run = CommandRun.of();
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .containsExactly("multibox: no command given; try 'multibox --help'");
  }

  @Test
  void suggestsTheCommandThatWasMeant() {
    CommandRun run = CommandRun.of("evla");
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .containsExactly(
            "multibox: evla: there is no such command (did you mean eval?);"
                + " try 'multibox --help'");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void refusesAnOptionItDoesNotKnow() {
    CommandRun run = CommandRun.of("info", "--jsno", "x");
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .containsExactly(
            "multibox: --jsno: there is no such option (did you mean --json?);"
                + " try 'multibox info --help'");
  }

  @Test
  void refusesAnArgumentItHasNoUseFor() {
    CommandRun run = CommandRun.of("info", "more");
    assertThat(run.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(run.err().lines())
        .containsExactly("multibox: more: there is no such argument; try 'multibox info --help'");
  }

  @Test
  void printsAStackTraceOnlyWhenAskedTo() {
    CommandRun plain =
        CommandRun.of("eval", "--annotations", "no-such.json", "--detections", "no-such.json");
    assertThat(plain.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(plain.err().lines())
        .containsExactly("multibox: no-such.json: there is no such file");
    CommandRun debug =
        CommandRun.of(
            "eval", "--debug", "--annotations", "no-such.json", "--detections", "no-such.json");
    assertThat(debug.exitCode()).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(debug.err()).contains("UserError", "\tat ", "NoSuchFileException");
  }
}
