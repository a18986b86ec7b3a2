package dev.multibox.cli;

import dev.multibox.weights.SafetensorsWriter;
import dev.multibox.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox convert}: weights of one format, or of another project, as another. */
@Command(
    name = "convert",
    description = {
      "Write the weights in IN to OUT. IN is safetensors or a file of torch.save, whatever its name;"
          + " OUT ends in .safetensors and is replaced if it exists.",
      "",
      "Names and types are kept; nested dictionaries flatten with dots, and numbers and texts in them"
          + " become metadata. Nothing in IN is ever run."
    },
    footer = {"", "Examples:", "  multibox convert weights.pth weights.safetensors"})
final class ConvertCommand implements Callable<Integer> {
  private static final String SAFETENSORS = ".safetensors";

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "IN", description = "The file to read.")
  private Path in;

  @Parameters(index = "1", paramLabel = "OUT", description = "The file to write.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    requireOutput();
    try (WeightFile weights = open()) {
      SafetensorsWriter.write(out, weights.metadata(), weights.tensors());
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: %,d tensors of %,d elements, from %s%n",
              out,
              weights.tensors().size(),
              weights.tensors().values().stream().mapToLong(tensor -> tensor.shape().size()).sum(),
              weights.format());
    }
    return ExitCode.DONE;
  }

  private void requireOutput() throws IOException {
    if (!out.toString().endsWith(SAFETENSORS)) {
      throw UserError.of(
          "%s: its suffix says which format to write, and only %s is known", out, SAFETENSORS);
    }
    Outputs.requireWritable(out);
    if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
      throw UserError.of("%s: is the file to read; name another to write", out);
    }
  }

  private WeightFile open() {
    try {
      return WeightFile.open(in);
    } catch (IOException e) {
      throw UserError.caused(e);
    }
  }
}
