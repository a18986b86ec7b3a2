package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.ColourStep;
import dev.multibox.backend.CropView;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The plans of a batch as {@code image.cu} reads them: a {@code Plan} for each image, then all
 * {@code ColourStep}s, those of an image that come late behind its others, then all {@code Tap}s;
 * behind them is room for the sums that make mean greys, where a plan blends with one.
 */
final class PlanTable {
  private static final long PLAN_BYTES = 80;
  private static final long STEP_BYTES = 56;
  private static final long TAP_BYTES = 8;

  /** More than recipes have. */
  private static final long MOST_STEPS = 8;

  /** Of one output: what the widest resampling has that looks at a fixed number of inputs. */
  private static final long MOST_TAPS = 8;

  /** Blocks that share the sum of an image's greys. */
  static final int GREY_PARTS = 32;

  private static final long GREY_BYTES = (long) GREY_PARTS * Long.BYTES;

  /** One image: where it is, how it lies in its crop, what each output takes of it. */
  private record Entry(Tensor image, ImagePlan plan, ResizeTaps across, ResizeTaps down) {}

  private final List<Entry> entries = new ArrayList<>();
  private long steps;
  private long taps;
  private boolean takesMeans;

  /** The plans of {@code images}, which become {@code width x height}. */
  PlanTable(List<Tensor> images, List<ImagePlan> plans, int width, int height) {
    for (int n = 0; n < images.size(); n++) {
      ImagePlan plan = plans.get(n);
      ResizeTaps columns = ResizeTaps.of(plan.resize(), plan.crop().width(), width);
      ResizeTaps across = plan.flipped() ? columns.mirrored() : columns;
      ResizeTaps down = ResizeTaps.of(plan.resize(), plan.crop().height(), height);
      entries.add(new Entry(images.get(n), plan, across, down));
      steps += plan.colourSteps().size() + plan.lateSteps().size();
      takesMeans |= plan.meanStep() >= 0;
      taps += across.size() + down.size();
    }
  }

  /**
   * The bytes of a table for {@code out [N, H, W, C]}, unless averages of large images need more.
   */
  static long roomFor(Shape out) {
    long taps = MOST_TAPS * (out.dim(1) + out.dim(2));
    return out.dim(0) * (PLAN_BYTES + MOST_STEPS * STEP_BYTES + taps * TAP_BYTES + GREY_BYTES);
  }

  long stepsAt() {
    return entries.size() * PLAN_BYTES;
  }

  long tapsAt() {
    long end = stepsAt() + steps * STEP_BYTES;
    return Math.ceilDiv(end, TAP_BYTES) * TAP_BYTES;
  }

  long greysAt() {
    return tapsAt() + taps * TAP_BYTES;
  }

  /** Whether a plan blends with the mean grey of its image. */
  boolean takesMeans() {
    return takesMeans;
  }

  /** The length of it all, the room behind what {@link #write} fills included. */
  long bytes() {
    return greysAt() + (takesMeans ? entries.size() * GREY_BYTES : 0);
  }

  void write(MemorySegment table) {
    int step = 0;
    int tap = 0;
    for (int n = 0; n < entries.size(); n++) {
      Entry entry = entries.get(n);
      int down = Math.addExact(tap, entry.across().size());
      writePlan(entry, table.asSlice(n * PLAN_BYTES, PLAN_BYTES), step, tap, down);
      for (ColourStep colour : entry.plan().colourSteps()) {
        write(colour, table.asSlice(stepsAt() + step++ * STEP_BYTES, STEP_BYTES));
      }
      for (ColourStep colour : entry.plan().lateSteps()) {
        write(colour, table.asSlice(stepsAt() + step++ * STEP_BYTES, STEP_BYTES));
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
      entry.image().shape().intDim(0),
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
      entry.plan().lateSteps().size(),
      entry.plan().meanStep(),
      entry.plan().resize().overshoots() ? 1 : 0,
      0
    };
    MemorySegment.copy(fields, 0, to, JAVA_INT, Long.BYTES, fields.length);
  }

  private static void write(ColourStep colour, MemorySegment to) {
    to.fill((byte) 0);
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
      case ColourStep.Blend(ColourStep.From from, float factor) ->
          write(
              to,
              switch (from) {
                case BLACK -> 5;
                case GREY -> 6;
                case MEAN_GREY -> 7;
              },
              factor);
      case ColourStep.ByteHue(int by) -> {
        write(to, 8, 0);
        to.set(JAVA_INT, 8, by);
      }
      case ColourStep.Twist twist -> {
        float[] coefficients = twist.coefficients();
        write(to, 9, coefficients[9]);
        MemorySegment.copy(coefficients, 0, to, JAVA_FLOAT, 20, 9);
      }
    }
  }

  /** The number of {@code colour.cuh}, and how much. */
  private static void write(MemorySegment to, int kind, float amount) {
    to.set(JAVA_INT, 0, kind);
    to.set(JAVA_FLOAT, 4, amount);
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
