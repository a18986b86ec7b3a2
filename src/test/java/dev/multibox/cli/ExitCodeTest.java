package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What exceptions of a command turn into. */
class ExitCodeTest {
  @Test
  void wrongInputIsOneLineAndTwo() {
    CommandRun run = failing(UserError.of("%s: is no picture; name one", "a.txt"));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err().lines()).containsExactly("multibox: a.txt: is no picture; name one");
  }

  @Test
  void failedWorkIsOne() {
    CommandRun run = failing(new IOException("run/log.jsonl: no space\n\tleft on the device"));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines())
        .containsExactly("multibox: run/log.jsonl: no space left on the device");
  }

  @Test
  void failedWorkIsNoFaultOfOursHoweverItIsThrown() {
    CommandRun run = failing(new UncheckedIOException(new IOException("lib.so: may not be run")));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).containsExactly("multibox: lib.so: may not be run");
  }

  @Test
  void aFaultOfOursIsOneAndSaysHowToFindIt() {
    CommandRun run = failing(new IllegalStateException());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines())
        .containsExactly(
            "multibox: IllegalStateException",
            "This may be a fault of MultiBox: --debug prints where it happened.");
  }

  @Test
  void interruptionIsOneHundredAndThirty() {
    assertThat(failing(new InterruptedException()).exitCode()).isEqualTo(130);
    assertThat(failing(new CancellationException()).err().lines())
        .containsExactly("multibox: interrupted");
  }

  /** A command that fails in one way. */
  @Command(name = "fail")
  private record Failing(Exception failure) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      throw failure;
    }
  }

  private static CommandRun failing(Exception failure) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line =
        MultiBox.commandLine(
            List.of(new Failing(failure)), new PrintWriter(out), new PrintWriter(err));
    return new CommandRun(line.execute("fail"), out.toString(), err.toString());
  }
}
