package dev.multibox.gpu;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.launcher.TagFilter.includeTags;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the tests tagged {@code gpu}, and shows each class when it is through and each failure when
 * it happens: a kernel that hangs then has a name.
 */
final class GpuTests implements TestExecutionListener {
  private static final int MOST_STACK_LINES = 12;

  private final PrintStream out;
  private final Map<String, Counts> classes = new LinkedHashMap<>();
  private long skipped;

  private GpuTests(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs them.
   *
   * @param only the simple names of the classes to run, {@code *} for any letters; empty for all
   */
  static Counts run(List<String> only, PrintStream out) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectPackage("dev.multibox"))
            .filters(includeTags("gpu"), includeClassNamePatterns(patterns(only)))
            .build();
    GpuTests tests = new GpuTests(out);
    LauncherFactory.create().execute(request, tests);
    if (tests.skipped > 0) {
      out.println(tests.skipped + " skipped, as said above");
    }
    return tests.classes.values().stream().reduce(Counts.NONE, Counts::plus);
  }

  /** Regular expressions for the full names of classes. */
  private static String[] patterns(List<String> only) {
    return only.isEmpty()
        ? new String[] {".*Test"}
        : only.stream()
            .map(name -> ".*\\.\\Q" + name.replace("*", "\\E[^.]*\\Q") + "\\E")
            .toArray(String[]::new);
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skip(test, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == Status.ABORTED) {
      skip(test, result.getThrowable().map(Throwable::getMessage).orElse("aborted"));
    } else if (result.getStatus() == Status.FAILED) {
      add(test, new Counts(0, 1));
      result.getThrowable().ifPresent(thrown -> show(test, thrown));
    } else if (test.isTest()) {
      add(test, new Counts(1, 0));
    }
    test.getSource()
        .filter(ClassSource.class::isInstance)
        .map(source -> ((ClassSource) source).getClassName())
        .filter(classes::containsKey)
        .ifPresent(name -> out.printf("%s: %s%n", simple(name), classes.get(name)));
  }

  private void skip(TestIdentifier test, String reason) {
    skipped++;
    out.printf("skipped %s: %s%n", path(test), reason);
  }

  private void show(TestIdentifier test, Throwable thrown) {
    out.printf("FAILED %s: %s%n", path(test), thrown);
    StackTraceElement[] stack = thrown.getStackTrace();
    for (int i = 0; i < Math.min(stack.length, MOST_STACK_LINES); i++) {
      out.println("  at " + stack[i]);
    }
    if (thrown.getCause() != null) {
      out.println("  caused by " + thrown.getCause());
    }
  }

  private void add(TestIdentifier test, Counts counts) {
    classes.merge(className(test), counts, Counts::plus);
  }

  private static String className(TestIdentifier test) {
    return test.getSource()
        .map(source ->
            switch (source) {
              case MethodSource method -> method.getClassName();
              case ClassSource type -> type.getClassName();
              default -> test.getDisplayName();
            })
        .orElseGet(test::getDisplayName);
  }

  /** For example {@code BoxTest.decodingUndoesEncoding cuda}. */
  private static String path(TestIdentifier test) {
    String method =
        test.getSource()
            .filter(MethodSource.class::isInstance)
            .map(source -> "." + ((MethodSource) source).getMethodName())
            .orElse("");
    return simple(className(test)) + method + " " + test.getDisplayName();
  }

  private static String simple(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }
}
