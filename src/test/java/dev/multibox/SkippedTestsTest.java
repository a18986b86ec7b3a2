package dev.multibox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** A test that cannot run here is skipped, and that is said with the reason. */
class SkippedTestsTest {
  /** Needs what no machine has. */
  record Nothing() implements Needs.Thing {
    @Override
    public String absence() {
      return "no perpetual motion; invent it";
    }
  }

  /** What every machine has. */
  record Air() implements Needs.Thing {
    @Override
    public String absence() {
      return "";
    }
  }

  @Needs(Nothing.class)
  static final class Never {
    @Test
    void fails() {
      assertThat(true).isFalse();
    }
  }

  static final class Sometimes {
    @Test
    @Needs(Nothing.class)
    void fails() {
      assertThat(true).isFalse();
    }

    @Test
    @Needs(Air.class)
    void succeeds() {
      assertThat(true).isTrue();
    }

    @Test
    void assumes() {
      Assumptions.abort("no luck;\n  try again");
    }

    @Test
    void assumesInAssertJ() {
      assumeThat(1).describedAs("one is two").isEqualTo(2);
    }
  }

  private final SummaryGeneratingListener summary = new SummaryGeneratingListener();

  private String run(Class<?>... tests) {
    var bytes = new ByteArrayOutputStream();
    var request = LauncherDiscoveryRequestBuilder.request();
    for (Class<?> test : tests) {
      request.selectors(DiscoverySelectors.selectClass(test));
    }
    LauncherConfig bare =
        LauncherConfig.builder()
            .enableTestExecutionListenerAutoRegistration(false)
            .enableLauncherSessionListenerAutoRegistration(false)
            .build();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      LauncherFactory.create(bare).execute(request.build(), new SkippedTests(out), summary);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void saysWhyByReason() {
    assertThat(run(Never.class, Sometimes.class).lines())
        .containsExactlyInAnyOrder(
            "skipped SkippedTestsTest$Never, SkippedTestsTest$Sometimes.fails: no perpetual motion;"
                + " invent it",
            "skipped SkippedTestsTest$Sometimes.assumes: no luck;",
            "skipped SkippedTestsTest$Sometimes.assumesInAssertJ: assumption was not met due"
                + " to: [one is two]");
    assertThat(summary.getSummary().getTestsFailedCount()).isZero();
    assertThat(summary.getSummary().getTestsSucceededCount()).isEqualTo(1);
  }
}
