package dev.multibox.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code multibox bundle}, of which Java has the help page alone: the launcher makes the bundle, by
 * {@code src/main/sh/bundle.sh}, since a Java that is to be packed has to be built first.
 */
@Command(
    name = "bundle",
    header = "Pack MultiBox for a machine with a GPU and no Java, Maven or network.",
    description = {
      "Makes target/bundle/multibox and, of the same, multibox.tar.xz of at most 48 MiB: Java,",
      "MultiBox, its tests and benchmarks. Unpacked in a checkout on a Linux machine (x86_64):",
      "",
      "  multibox/bin/multibox COMMAND    everything that ./multibox does, without oneDNN",
      "  multibox/bin/check-gpu           every test of a GPU; --help says what else",
      "  multibox/bin/benchmark NAME      a benchmark of jmh/"
    },
    footer = {"", "Examples:", "  multibox bundle"})
final class BundleCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw UserError.of("bundle: ./multibox of a checkout makes it; run './multibox bundle' there");
  }
}
