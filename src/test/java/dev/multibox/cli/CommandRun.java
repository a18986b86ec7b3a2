package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.stream.Stream;

/** A command line that ran: what it printed where, and its exit code. */
record CommandRun(int exitCode, String out, String err) {
  /** Of these words, of which an array stands for several. */
  static CommandRun of(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words =
        Arrays.stream(args)
            .flatMap(
                arg -> arg instanceof Object[] several ? Arrays.stream(several) : Stream.of(arg))
            .map(Object::toString)
            .toArray(String[]::new);
    int exitCode = MultiBox.run(new PrintWriter(out), new PrintWriter(err), words);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  /** Asserts that it refused what the user asked for, in one line with this in it. */
  void assertRefused(CharSequence... message) {
    assertThat(exitCode).describedAs(err).isEqualTo(ExitCode.WRONG_INPUT);
    assertThat(err.lines()).singleElement().asString().startsWith("multibox: ").contains(message);
  }

  /** Asserts that it did what the user asked for. */
  void assertDone() {
    assertThat(exitCode).describedAs(err).isEqualTo(ExitCode.DONE);
  }
}
