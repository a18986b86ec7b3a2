package dev.multibox.cli;

import dev.multibox.data.UnreadableImageException;
import dev.multibox.train.DivergedException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The root of the command line: {@code ./multibox COMMAND}. */
@Command(
    name = "multibox",
    description = "SSD (Single Shot MultiBox Detector) from scratch in Java on CUDA.",
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  multibox train                   draws a data set of shapes and trains on it",
      "  multibox train --help            the options of one command",
      "  multibox info                    what this machine has",
      "",
      "Exit codes: 0 done, 1 the work failed, 2 the input is wrong, 130 interrupted."
    })
public final class MultiBox implements Runnable {
  /** Wide enough for the examples to stay on one line each, to be copied. */
  private static final int HELP_WIDTH = 100;

  /** Every command, in the order of the help page. */
  private static final List<Supplier<Object>> COMMANDS =
      List.of(
          TrainCommand::new,
          EvalCommand::new,
          DetectCommand::new,
          DataCommand::new,
          ConvertCommand::new,
          ForwardCommand::new,
          InfoCommand::new,
          BundleCommand::new);

  @Spec private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this page.")
  @SuppressWarnings("unused") // picocli reads the annotation alone
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  @SuppressWarnings("unused") // picocli reads the annotation alone
  private boolean version;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of an error.")
  private boolean debug;

  /** Runs the command that {@code args} name and ends the process with its {@link ExitCode}. */
  public static void main(String[] args) {
    Interrupts.exit(run(writer(System.out), writer(System.err), args));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  /** Runs a command, printing to {@code out} and {@code err}, and returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    try {
      return commandLine(out, err).execute(args);
    } catch (OutOfMemoryError e) {
      err.printf(
          "multibox: out of memory (%s); name a smaller --batch-size or --input-size, or give Java"
              + " more: MULTIBOX_JAVA_OPTIONS=-Xmx8g%n",
          e.getMessage());
      return ExitCode.FAILED;
    }
  }

  /** The whole command line. */
  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return commandLine(COMMANDS.stream().map(Supplier::get).toList(), out, err);
  }

  /** A command line of these commands. */
  static CommandLine commandLine(List<Object> commands, PrintWriter out, PrintWriter err) {
    MultiBox root = new MultiBox();
    CommandLine line = new CommandLine(root);
    commands.forEach(line::addSubcommand);
    return line.setUsageHelpWidth(HELP_WIDTH)
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(MultiBox::refuse)
        .setExecutionExceptionHandler((e, failed, _) -> root.report(e, failed));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  /** One line on what could not be understood and where to read more. */
  private static int refuse(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    String complaint = e instanceof UnmatchedArgumentException u ? unmatched(u) : oneLine(e);
    line.getErr()
        .printf(
            "multibox: %s; try '%s --help'%n", complaint, line.getCommandSpec().qualifiedName());
    return ExitCode.WRONG_INPUT;
  }

  private static String oneLine(ParameterException e) {
    return FileErrors.oneLine(e).replaceFirst("^Error: ", "");
  }

  private static String unmatched(UnmatchedArgumentException e) {
    boolean wantsCommand = !e.getCommandLine().getSubcommands().isEmpty();
    String kind = e.isUnknownOption() ? "option" : wantsCommand ? "command" : "argument";
    String meant =
        e.getSuggestions().isEmpty()
            ? ""
            : " (did you mean %s?)".formatted(String.join(" or ", e.getSuggestions()));
    return "%s: there is no such %s%s".formatted(e.getUnmatched().getFirst(), kind, meant);
  }

  private int report(Exception thrown, CommandLine line) {
    PrintWriter err = line.getErr();
    boolean wrapped = thrown instanceof UncheckedIOException;
    Exception e = wrapped && thrown.getCause() instanceof IOException cause ? cause : thrown;
    int code = exitCode(e);
    if (code == ExitCode.INTERRUPTED) {
      err.println("multibox: interrupted");
    } else {
      err.println("multibox: " + FileErrors.oneLine(e));
    }
    if (debug) {
      e.printStackTrace(err);
    } else if (code == ExitCode.FAILED
        && !(e instanceof IOException || e instanceof DivergedException)) {
      err.println("This may be a fault of MultiBox: --debug prints where it happened.");
    }
    return code;
  }

  private static int exitCode(Exception e) {
    return switch (e) {
      case UserError _, UnreadableImageException _ -> ExitCode.WRONG_INPUT;
      case InterruptedException _, CancellationException _ -> ExitCode.INTERRUPTED;
      default -> ExitCode.FAILED;
    };
  }
}
