package dev.multibox;

import java.io.PrintStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Says at the end which tests did not run, by the reasons for that. */
public final class SkippedTests implements TestExecutionListener {
  private final PrintStream out;
  private final Map<String, Set<String>> testsByReason = new TreeMap<>();

  /** Says it where tests print. */
  public SkippedTests() {
    this(System.out);
  }

  SkippedTests(PrintStream out) {
    this.out = out;
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    add(test, reason);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
      add(test, result.getThrowable().map(Throwable::getMessage).orElse(""));
    }
  }

  private synchronized void add(TestIdentifier test, String reason) {
    String line =
        reason
            .lines()
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .findFirst()
            .orElse("no reason");
    String name = test.getSource().map(SkippedTests::name).orElse(test.getDisplayName());
    testsByReason.computeIfAbsent(line, _ -> new TreeSet<>()).add(name);
  }

  /** For example {@code LossTest} or {@code LossTest.sums}. */
  private static String name(TestSource source) {
    return switch (source) {
      case ClassSource all -> simple(all.getClassName());
      case MethodSource one -> simple(one.getClassName()) + "." + one.getMethodName();
      default -> source.toString();
    };
  }

  private static String simple(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    testsByReason.forEach(
        (reason, tests) -> out.printf("skipped %s: %s%n", String.join(", ", tests), reason));
  }
}
