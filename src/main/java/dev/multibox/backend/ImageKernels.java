package dev.multibox.backend;

import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.util.List;

/** From decoded images to a batch, in one pass: the only op family that touches pixels. */
public abstract class ImageKernels {
  private static final String PREPARE = "prepareImages";
  private static final String RESIZE = "resize";

  /**
   * Image {@code n} distorted, expanded, cropped, resized, flipped and distorted again as its plan
   * says, then normalised.
   *
   * @param images {@code N} decoded images {@code [h, w, 3]} U8 RGB, of any sizes
   * @param plans one for each image
   * @param out {@code [N, H, W, C]} F32 or F16, C at least 3; channels from the fourth on are
   *     zeroed
   */
  public final void prepare(
      List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out) {
    Checks.rank(PREPARE, "out", out, 4);
    Checks.sameFloat(PREPARE, out);
    Checks.require(PREPARE, out.shape().dim(3) >= 3, "out was %s, wanted at least 3 channels", out);
    Checks.require(
        PREPARE,
        images.size() == out.shape().dim(0) && plans.size() == images.size(),
        "%d images and %d plans, wanted %d of each",
        images.size(),
        plans.size(),
        out.shape().dim(0));
    for (int n = 0; n < images.size(); n++) {
      checkPlan(images.get(n), plans.get(n));
    }
    runPrepare(images, plans, normalisation, out);
    out.markWritten();
  }

  /**
   * Takes the workspace that {@link #prepare} needs to fill {@code out}, so that it takes none
   * later; only what makes much smaller images of large ones may need more.
   */
  public final void expect(Tensor out) {
    Checks.rank(PREPARE, "out", out, 4);
    runExpect(out);
  }

  /**
   * Bilinear resize at half-pixel centres without antialias, of float maps, as torchvision resizes
   * behind its normalisation.
   *
   * @param x {@code [N, h, w, C]} F32
   * @param out {@code [N, H, W, C]} F32, overwritten
   */
  public final void resizeBilinear(Tensor x, Tensor out) {
    Checks.rank(RESIZE, "x", x, 4);
    Checks.rank(RESIZE, "out", out, 4);
    Checks.dtype(RESIZE, DType.F32, x, out);
    Checks.require(
        RESIZE,
        x.shape().dim(0) == out.shape().dim(0)
            && x.shape().dim(3) == out.shape().dim(3)
            && x.shape().dim(1) > 0
            && x.shape().dim(2) > 0,
        "x was %s, out %s, wanted the same batch and channels",
        x,
        out);
    runResizeBilinear(x, out);
    out.markWritten();
  }

  private static void checkPlan(Tensor image, ImagePlan plan) {
    Checks.rank(PREPARE, "an image", image, 3);
    Checks.dtype(PREPARE, DType.U8, image);
    Checks.require(PREPARE, image.shape().dim(2) == 3, "an image was %s, wanted [h, w, 3]", image);
    ImagePlan.Canvas canvas = plan.canvas();
    Checks.require(
        PREPARE,
        canvas.left() >= 0
            && canvas.top() >= 0
            && canvas.left() + image.shape().dim(1) <= canvas.width()
            && canvas.top() + image.shape().dim(0) <= canvas.height(),
        "image %s does not lie on its canvas %s",
        image,
        canvas);
    ImagePlan.Crop crop = plan.crop();
    Checks.require(
        PREPARE,
        crop.left() >= 0
            && crop.top() >= 0
            && crop.left() + crop.width() <= canvas.width()
            && crop.top() + crop.height() <= canvas.height(),
        "%s does not lie in %s",
        crop,
        canvas);
    Checks.require(
        PREPARE,
        plan.lateSteps().isEmpty() || showsImageAlone(image, plan),
        "%s shows more than image %s, to which late steps are limited",
        crop,
        image);
  }

  private static boolean showsImageAlone(Tensor image, ImagePlan plan) {
    CropView view = CropView.of(image, plan);
    return view.columnTo() - view.columnFrom() == plan.crop().width()
        && view.rowTo() - view.rowFrom() == plan.crop().height();
  }

  protected void runExpect(Tensor out) {
    // Where there is no table of what to do, there is none to be kept.
  }

  protected abstract void runPrepare(
      List<Tensor> images, List<ImagePlan> plans, Normalisation normalisation, Tensor out);

  protected abstract void runResizeBilinear(Tensor x, Tensor out);
}
