package dev.multibox.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.SECONDS)
final class JavaTeamTest {
  private static final int THREADS = 4;
  private static final int JOBS = 100_000;

  @Test
  void noThreadTakesTheSameWorkTwice() {
    int most = 0;
    try (JavaTeam team = new JavaTeam(THREADS)) {
      for (int i = 0; i < JOBS; i++) {
        AtomicInteger entries = new AtomicInteger();
        team.run(entries::incrementAndGet);
        most = Math.max(most, entries.get());
      }
    }
    assertThat(most).isBetween(1, THREADS);
  }

  @Test
  void workIsOverWhenRunReturns() {
    try (JavaTeam team = new JavaTeam(THREADS)) {
      for (int i = 0; i < JOBS / 10; i++) {
        AtomicInteger inside = new AtomicInteger();
        team.run(() -> {
          inside.incrementAndGet();
          Thread.onSpinWait();
          inside.decrementAndGet();
        });
        assertThat(inside).hasValue(0);
      }
    }
  }

  @Test
  void whatABodyThrowsReachesTheCallerWhicheverThreadRanIt() {
    try (Parallel parallel = new Parallel(new JavaTeam(THREADS))) {
      for (int i = 0; i < 1000; i++) {
        assertThatThrownBy(() ->
                parallel.forChunks(
                    64,
                    1,
                    (scratch, chunk, from, to) -> {
                      if (chunk == 40) {
                        throw new IllegalStateException("chunk 40");
                      }
                    }))
            .hasMessage("chunk 40");
      }
    }
  }
}
