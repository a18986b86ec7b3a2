package dev.multibox.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlabsTest {
  private static final long SLAB = 4096;

  /** Allocations a million bytes apart, by their addresses. */
  private static final class Addresses implements Slabs.Source<Long> {
    final List<Long> allocated = new ArrayList<>();

    @Override
    public Long allocate(long bytes) {
      allocated.add(bytes);
      return 1_000_000L * allocated.size();
    }

    @Override
    public Long part(Long slab, long offset, long bytes) {
      return slab + offset;
    }
  }

  private final Addresses memory = new Addresses();

  @Test
  void smallTensorsShareASlabAndLargeOnesHaveTheirOwn() {
    Slabs<Long> slabs = new Slabs<>(SLAB, memory);

    assertThat(List.of(slabs.take(1), slabs.take(0), slabs.take(257), slabs.take(1025)))
        .containsExactly(1_000_000L, 1_000_256L, 1_000_512L, 2_000_000L);
    assertThat(memory.allocated).containsExactly(SLAB, 1025L);
    assertThat(slabs.allocatedBytes()).isEqualTo(256 + 256 + 512 + 1280);
  }

  @Test
  void aFullSlabIsFollowedByAnother() {
    Slabs<Long> slabs = new Slabs<>(SLAB, memory);
    for (int i = 0; i < 4; i++) {
      assertThat(slabs.take(1024)).isEqualTo(1_000_000 + 1024 * i);
    }

    assertThat(slabs.take(1)).isEqualTo(2_000_000);
  }

  @Test
  void withoutSlabsEveryTensorIsAllocatedExactly() {
    Slabs<Long> slabs = new Slabs<>(0, memory);

    assertThat(List.of(slabs.take(3), slabs.take(0))).containsExactly(1_000_000L, 2_000_000L);
    assertThat(memory.allocated).containsExactly(3L, 1L);
  }
}
