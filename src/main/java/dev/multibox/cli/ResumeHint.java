package dev.multibox.cli;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** The command that resumes a run, to be copied into a shell as it stands. */
final class ResumeHint {
  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  private ResumeHint() {}

  /** For example {@code ./multibox train --resume 'runs/my cats-1'}. */
  static String command(Path run) {
    String launcher = System.getProperty("multibox.launcher", "./multibox");
    return "%s train --resume %s".formatted(quoted(launcher), quoted(run.toString()));
  }

  /** One word of a POSIX shell. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
