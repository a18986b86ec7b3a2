package dev.multibox.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** A command line that ran: what it printed where, and its exit code. */
record CommandRun(int exitCode, String out, String err) {
  static CommandRun of(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    int exitCode = MultiBox.run(new PrintWriter(out), new PrintWriter(err), words);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }
}
