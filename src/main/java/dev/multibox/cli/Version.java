package dev.multibox.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of MultiBox and of the Java it runs on. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "MultiBox " + multibox(), "Java %s (%s)".formatted(Runtime.version(), vendor())
    };
  }

  /** The version the jar's manifest names; classes that lie in a folder have none. */
  static String multibox() {
    return Objects.requireNonNullElse(
        Version.class.getPackage().getImplementationVersion(), "(not packaged)");
  }

  static String vendor() {
    return System.getProperty("java.vendor", "unknown vendor");
  }
}
