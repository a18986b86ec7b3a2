package dev.multibox.cli;

import dev.multibox.data.Dataset;
import dev.multibox.data.VocReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code multibox data check}: what is in a data set, and everything that is wrong with it. */
@Command(
    name = "check",
    description = {
      "Count the images and objects of a data set in PASCAL VOC's layout,",
      "and list every bad annotation with file and line."
    },
    footer = {
      "",
      "Examples:",
      "  multibox data check data/shapes",
      "",
      "Exit code 1: faults found."
    })
public final class DataCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The data set's top folder.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new ParameterException(spec.commandLine(), folder + ": no such folder");
    }
    List<String> faults = VocReader.faults(folder);
    PrintWriter out = spec.commandLine().getOut();
    faults.forEach(out::println);
    if (faults.isEmpty()) {
      VocReader reader = VocReader.open(folder);
      for (String split : reader.splits()) {
        print(out, reader.read(split));
      }
    } else {
      out.printf("%d faults%n", faults.size());
    }
    out.flush();
    return faults.isEmpty() ? 0 : 1;
  }

  private static void print(PrintWriter out, Dataset dataset) {
    long empty = dataset.images().stream().filter(image -> image.objects().isEmpty()).count();
    out.printf(
        "%s: %d images (%d without objects), %d objects, at most %d on one image%n",
        dataset.name(), dataset.size(), empty, dataset.objectCount(), dataset.largestObjectCount());
    long[] counts = dataset.objectsPerCategory();
    for (int i = 0; i < counts.length; i++) {
      out.printf("  %-20s %d%n", dataset.categories().get(i), counts[i]);
    }
  }
}
