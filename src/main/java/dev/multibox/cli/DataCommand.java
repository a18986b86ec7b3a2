package dev.multibox.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code multibox data}: data sets made and looked at. */
@Command(
    name = "data",
    header = "Make a data set, check one, or look at one.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DataShapesCommand.class, DataCheckCommand.class, DataPreviewCommand.class},
    footer = {
      "",
      "Examples:",
      "  multibox data shapes               draw a data set under data/shapes",
      "  multibox data check data/shapes    count its objects, list its faults",
      "  multibox data preview data/shapes  a picture of what would be trained on"
    })
public final class DataCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "No command given: shapes, check or preview");
  }
}
