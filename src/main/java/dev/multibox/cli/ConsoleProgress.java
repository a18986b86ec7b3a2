package dev.multibox.cli;

import dev.multibox.eval.CocoNumber;
import dev.multibox.eval.CocoResult;
import dev.multibox.train.Trainer;
import dev.multibox.train.TrainingStep;
import java.io.Console;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** How a run goes, on standard error: a bar in a terminal, else a line every few seconds. */
final class ConsoleProgress implements Trainer.Progress, AutoCloseable {
  private static final Duration LINE_EVERY = Duration.ofSeconds(5);

  private final long iterations;
  private final boolean terminal = isTerminal();
  private @Nullable ProgressBar bar;
  private Instant started = Instant.now();
  private Instant lastLine = Instant.now();

  ConsoleProgress(long iterations) {
    this.iterations = iterations;
  }

  // JDK 25 gives null again where input or output is no terminal.
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** Starts the clock. */
  void start() {
    started = Instant.now();
    lastLine = started;
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("train")
              .setInitialMax(iterations)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .build();
    }
  }

  @Override
  public void step(long iteration, long total, TrainingStep.Result result) {
    String losses =
        String.format(
            Locale.ROOT,
            "loss %.3f (class %.3f, box %.3f)",
            result.loss(),
            result.classification(),
            result.localisation());
    if (bar != null) {
      bar.stepTo(iteration);
      bar.setExtraMessage(losses);
    } else if (Duration.between(lastLine, Instant.now()).compareTo(LINE_EVERY) >= 0) {
      lastLine = Instant.now();
      line(
          String.format(
              Locale.ROOT,
              "%d/%d  %s  %.0f s",
              iteration,
              total,
              losses,
              Duration.between(started, lastLine).toMillis() / 1e3));
    }
  }

  @Override
  public void evaluated(long iteration, CocoResult result) {
    line(
        String.format(
            Locale.ROOT,
            "%d/%d  validation AP %.3f, AP50 %.3f",
            iteration,
            iterations,
            result.numbers().get(CocoNumber.AP),
            result.numbers().get(CocoNumber.AP50)));
  }

  private static void line(String text) {
    System.err.println(text);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
