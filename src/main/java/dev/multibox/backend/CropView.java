package dev.multibox.backend;

import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.tensor.Tensor;

/**
 * Where an image lies in the crop of its plan, in the crop's coordinates, and what part of it
 * shows: columns {@code [columnFrom, columnTo)} of rows {@code [rowFrom, rowTo)}.
 *
 * @param imageLeft the crop's column at which the image begins, which may be negative
 * @param imageTop the crop's row at which the image begins, which may be negative
 * @param columnFrom the first column that shows
 * @param columnTo the column behind the last that shows; {@code columnFrom} if there is none
 * @param rowFrom the first row that shows
 * @param rowTo the row behind the last that shows; at most {@code rowFrom} if there is none
 */
public record CropView(
    int imageLeft, int imageTop, int columnFrom, int columnTo, int rowFrom, int rowTo) {

  /** How {@code image [h, w, 3]} is seen. */
  public static CropView of(Tensor image, ImagePlan plan) {
    Canvas canvas = plan.canvas();
    Crop crop = plan.crop();
    int left = canvas.left() - crop.left();
    int top = canvas.top() - crop.top();
    int columnFrom = Math.max(0, left);
    int columnTo = Math.max(columnFrom, Math.min(crop.width(), left + image.shape().intDim(1)));
    // Beside the image there is nothing to read in any row.
    boolean isBeside = columnTo == columnFrom;
    int rowTo = isBeside ? 0 : Math.min(crop.height(), top + image.shape().intDim(0));
    return new CropView(left, top, columnFrom, columnTo, Math.max(0, top), rowTo);
  }
}
