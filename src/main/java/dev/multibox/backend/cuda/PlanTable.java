package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.CropView;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.ColourStep;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The plans of a batch as {@code image.cu} reads them: a {@code Plan} for each image, then all
 * {@code ColourStep}s, then all {@code Tap}s.
 */
final class PlanTable {
  private static final long PLAN_BYTES = 64;
  private static final long STEP_BYTES = 20;
  private static final long TAP_BYTES = 8;

  /** More than recipes have. */
  private static final long MOST_STEPS = 8;

  /** Of one output: what the widest resampling has that looks at a fixed number of inputs. */
  private static final long MOST_TAPS = 8;

  /** One image: where it is, how it lies in its crop, what each output takes of it. */
  private record Entry(Tensor image, ImagePlan plan, ResizeTaps across, ResizeTaps down) {}

  private final List<Entry> entries = new ArrayList<>();
  private long steps;
  private long taps;

  /** The plans of {@code images}, which become {@code width x height}. */
  PlanTable(List<Tensor> images, List<ImagePlan> plans, int width, int height) {
    for (int n = 0; n < images.size(); n++) {
      ImagePlan plan = plans.get(n);
      ResizeTaps columns = ResizeTaps.of(plan.resize(), plan.crop().width(), width);
      ResizeTaps across = plan.flipped() ? columns.mirrored() : columns;
      ResizeTaps down = ResizeTaps.of(plan.resize(), plan.crop().height(), height);
      entries.add(new Entry(images.get(n), plan, across, down));
      steps += plan.colourSteps().size();
      taps += across.size() + down.size();
    }
  }

  /**
   * The bytes of a table for {@code out [N, H, W, C]}, unless averages of large images need more.
   */
  static long roomFor(Shape out) {
    long taps = MOST_TAPS * (out.dim(1) + out.dim(2));
    return out.dim(0) * (PLAN_BYTES + MOST_STEPS * STEP_BYTES + taps * TAP_BYTES);
  }

  long stepsAt() {
    return entries.size() * PLAN_BYTES;
  }

  long tapsAt() {
    long end = stepsAt() + steps * STEP_BYTES;
    return Math.ceilDiv(end, TAP_BYTES) * TAP_BYTES;
  }

  long bytes() {
    return tapsAt() + taps * TAP_BYTES;
  }

  void write(MemorySegment table) {
    int step = 0;
    int tap = 0;
    for (int n = 0; n < entries.size(); n++) {
      Entry entry = entries.get(n);
      int down = Math.addExact(tap, entry.across().size());
      writePlan(entry, table.asSlice(n * PLAN_BYTES, PLAN_BYTES), step, tap, down);
      for (ColourStep colour : entry.plan().colourSteps()) {
        write(colour, table.asSlice(stepsAt() + step * STEP_BYTES, STEP_BYTES));
        step++;
      }
      write(entry.across(), table, tapsAt() + tap * TAP_BYTES);
      write(entry.down(), table, tapsAt() + down * TAP_BYTES);
      tap = Math.addExact(down, entry.down().size());
    }
  }

  private static void writePlan(Entry entry, MemorySegment to, int step, int across, int down) {
    CropView view = CropView.of(entry.image(), entry.plan());
    to.set(JAVA_LONG, 0, entry.image().address());
    int[] fields = {
      entry.image().shape().intDim(1),
      view.imageLeft(),
      view.imageTop(),
      view.columnFrom(),
      view.columnTo(),
      view.rowFrom(),
      view.rowTo(),
      across,
      entry.across().count(),
      down,
      entry.down().count(),
      step,
      entry.plan().colourSteps().size(),
      entry.plan().resize().overshoots() ? 1 : 0
    };
    MemorySegment.copy(fields, 0, to, JAVA_INT, Long.BYTES, fields.length);
  }

  private static void write(ColourStep colour, MemorySegment to) {
    switch (colour) {
      case ColourStep.Brightness(float delta) -> write(to, 0, delta);
      case ColourStep.Contrast(float factor) -> write(to, 1, factor);
      case ColourStep.Saturation(float factor) -> write(to, 2, factor);
      case ColourStep.Hue hue -> write(to, 3, hue.sextants());
      case ColourStep.Shuffle(int red, int green, int blue) -> {
        write(to, 4, 0);
        to.set(JAVA_INT, 8, red);
        to.set(JAVA_INT, 12, green);
        to.set(JAVA_INT, 16, blue);
      }
    }
  }

  /** The number of {@code image.cu}, and how much. */
  private static void write(MemorySegment to, int kind, float amount) {
    to.set(JAVA_INT, 0, kind);
    to.set(JAVA_FLOAT, 4, amount);
    to.asSlice(8).fill((byte) 0);
  }

  static long bytes(ResizeTaps taps) {
    return taps.size() * TAP_BYTES;
  }

  static void write(ResizeTaps taps, MemorySegment table, long at) {
    for (int i = 0; i < taps.size(); i++) {
      table.set(JAVA_INT, at + i * TAP_BYTES, taps.index()[i]);
      table.set(JAVA_FLOAT, at + i * TAP_BYTES + 4, taps.weight()[i]);
    }
  }
}
