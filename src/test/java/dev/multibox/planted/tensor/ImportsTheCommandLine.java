package dev.multibox.planted.tensor;

import dev.multibox.planted.cli.Command;

/** Points down the table: {@code tensor} may import nothing. */
public final class ImportsTheCommandLine {
  /** The import. */
  public Command command() {
    return new Command();
  }
}
