package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.multibox.backend.CropView;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.Normalisation;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One image of a batch on its way through its plan, some output rows at a time.
 *
 * <p>A source row becomes normalised floats, then is resampled across; as many of those as an
 * output row takes stay in a ring, where they are mixed downwards. So every source pixel is read
 * once, and only if something of it is seen. The canvas round the image is zero after
 * normalisation, and costs nothing. Where colour steps come late, rows are normalised behind them.
 */
final class ImagePreparation {
  private static final int CROP_ROW = 0;
  private static final int RING = 1;
  private static final int OUT_ROW = 2;
  private static final int PADDED_ROW = 3;
  private static final int PIXELS = 0;
  private static final int RING_ROWS = 1;

  private final MemorySegment image;
  private final int imageWidth;
  private final Tensor out; // [H, W, C]
  private final int outWidth;
  private final int channels;
  private final int cropWidth;
  private final boolean overshoots;
  private final ColourRow colours;
  private final @Nullable ColourRow lateColours;
  private final ResizeTaps across;
  private final ResizeTaps down;

  private final CropView view;

  // The output columns that see the image.
  private int outFrom;
  private int outTo;

  /** With the image's {@code mean} grey where a step blends with it. */
  ImagePreparation(
      Tensor image, ImagePlan plan, int mean, Normalisation normalisation, Tensor out) {
    Crop crop = plan.crop();
    this.image = image.host();
    this.imageWidth = image.shape().intDim(1);
    this.out = out;
    this.outWidth = out.shape().intDim(1);
    this.channels = out.shape().intDim(2);
    this.cropWidth = crop.width();
    this.overshoots = plan.resize().overshoots();
    boolean isLate = !plan.lateSteps().isEmpty();
    this.colours =
        new ColourRow(plan.colourSteps(), mean, isLate ? Normalisation.none() : normalisation);
    this.lateColours = isLate ? new ColourRow(plan.lateSteps(), mean, normalisation) : null;
    ResizeTaps columns = ResizeTaps.of(plan.resize(), crop.width(), outWidth);
    this.across = plan.flipped() ? columns.mirrored() : columns;
    this.down = ResizeTaps.of(plan.resize(), crop.height(), out.shape().intDim(0));
    this.view = CropView.of(image, plan);
    findSeen();
  }

  private void findSeen() {
    while (outFrom < outWidth && !across.touches(outFrom, view.columnFrom(), view.columnTo())) {
      outFrom++;
    }
    outTo = outWidth;
    while (outTo > outFrom && !across.touches(outTo - 1, view.columnFrom(), view.columnTo())) {
      outTo--;
    }
  }

  /** Writes the output rows {@code [from, to)}. */
  void run(Scratch scratch, int from, int to) {
    float[] cropRow = scratch.floats(CROP_ROW, cropWidth * 3);
    Arrays.fill(cropRow, 0, cropWidth * 3, 0);
    int[] ringRows = scratch.ints(RING_ROWS, down.count());
    Arrays.fill(ringRows, 0, down.count(), -1);
    float[] ring = scratch.floats(RING, down.count() * outWidth * 3);
    float[] outRow = scratch.floats(OUT_ROW, outWidth * 3);
    for (int y = from; y < to; y++) {
      Arrays.fill(outRow, 0, outWidth * 3, 0);
      for (int tap = y * down.count(); tap < (y + 1) * down.count(); tap++) {
        int row = down.index()[tap];
        if (down.weight()[tap] != 0 && row >= view.rowFrom() && row < view.rowTo()) {
          int slot = row % down.count();
          if (ringRows[slot] != row) {
            ringRows[slot] = row;
            readRow(scratch, row, cropRow);
            resampleRow(cropRow, ring, slot * outWidth * 3);
          }
          addRow(ring, slot * outWidth * 3, down.weight()[tap], outRow);
        }
      }
      if (lateColours != null) {
        colourLate(scratch, lateColours, outRow);
      } else if (overshoots) {
        colours.clamp(outRow, outWidth);
      }
      writeRow(scratch, outRow, y);
    }
  }

  private void readRow(Scratch scratch, int row, float[] cropRow) {
    int pixels = view.columnTo() - view.columnFrom();
    byte[] bytes = scratch.bytes(pixels * 3);
    long at =
        3L * ((long) (row - view.imageTop()) * imageWidth + view.columnFrom() - view.imageLeft());
    MemorySegment.copy(image, JAVA_BYTE, at, bytes, 0, pixels * 3);
    colours.apply(bytes, pixels, scratch.ints(PIXELS, pixels * 3), cropRow, view.columnFrom() * 3);
  }

  private void resampleRow(float[] cropRow, float[] ring, int at) {
    Arrays.fill(ring, at, at + outFrom * 3, 0);
    Arrays.fill(ring, at + outTo * 3, at + outWidth * 3, 0);
    int[] index = across.index();
    float[] weight = across.weight();
    if (across.count() == 2) {
      for (int x = outFrom; x < outTo; x++) {
        int a = index[2 * x] * 3;
        int b = index[2 * x + 1] * 3;
        float wa = weight[2 * x];
        float wb = weight[2 * x + 1];
        int o = at + x * 3;
        ring[o] = wa * cropRow[a] + wb * cropRow[b];
        ring[o + 1] = wa * cropRow[a + 1] + wb * cropRow[b + 1];
        ring[o + 2] = wa * cropRow[a + 2] + wb * cropRow[b + 2];
      }
      return;
    }
    for (int x = outFrom; x < outTo; x++) {
      float first = 0;
      float second = 0;
      float third = 0;
      for (int tap = x * across.count(); tap < (x + 1) * across.count(); tap++) {
        int i = index[tap] * 3;
        first += weight[tap] * cropRow[i];
        second += weight[tap] * cropRow[i + 1];
        third += weight[tap] * cropRow[i + 2];
      }
      int o = at + x * 3;
      ring[o] = first;
      ring[o + 1] = second;
      ring[o + 2] = third;
    }
  }

  private void addRow(float[] ring, int at, float weight, float[] outRow) {
    for (int i = 0; i < outWidth * 3; i++) {
      outRow[i] += weight * ring[at + i];
    }
  }

  private void colourLate(Scratch scratch, ColourRow late, float[] outRow) {
    int[] rgb = scratch.ints(PIXELS, outWidth * 3);
    for (int i = 0; i < outWidth * 3; i++) {
      rgb[i] = ColourSteps.eightBits(outRow[i]);
    }
    late.apply(rgb, outWidth, outRow, 0);
  }

  private void writeRow(Scratch scratch, float[] outRow, int y) {
    float[] row = channels == 3 ? outRow : padded(scratch, outRow);
    int elements = outWidth * channels;
    FloatStretch.write(scratch, row, elements, out, (long) y * elements);
  }

  private float[] padded(Scratch scratch, float[] outRow) {
    float[] padded = scratch.floats(PADDED_ROW, outWidth * channels);
    Arrays.fill(padded, 0, outWidth * channels, 0);
    for (int x = 0; x < outWidth; x++) {
      System.arraycopy(outRow, x * 3, padded, x * channels, 3);
    }
    return padded;
  }
}
