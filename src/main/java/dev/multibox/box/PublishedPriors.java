package dev.multibox.box;

import dev.multibox.box.PriorSettings.Clip;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The prior settings of published models, in the numbers of their scripts. */
public final class PublishedPriors {
  /** What becomes of sizes that are not whole pixels. */
  public enum PixelSizes {
    /** They are used as stated: the PyTorch ports. */
    EXACT,
    /**
     * Their fraction is dropped: Caffe's layer, and so the released SSD512 weights; MMDetection.
     */
    TRUNCATED
  }

  private static final double[] STEPS_300 = {8, 16, 32, 64, 100, 300};
  private static final double[] STEPS_512 = {8, 16, 32, 64, 128, 256, 512};

  private PublishedPriors() {}

  /** SSD300 for Pascal VOC: Caffe's ssd_pascal script, 8732 priors. */
  public static PriorSettings voc300(Clip clip) {
    double[] sizes = {30, 60, 111, 162, 213, 264, 315};
    return of(300, sizes, STEPS_300, PixelSizes.EXACT, clip);
  }

  /** SSD300 for COCO: Caffe's ssd_coco script, NVIDIA, torchvision, MLPerf. */
  public static PriorSettings coco300(Clip clip) {
    double[] sizes = {21, 45, 99, 153, 207, 261, 315};
    return of(300, sizes, STEPS_300, PixelSizes.EXACT, clip);
  }

  /** SSD512 for Pascal VOC, 24564 priors. */
  public static PriorSettings voc512(PixelSizes pixels, Clip clip) {
    double[] sizes = {35.84, 76.8, 153.6, 230.4, 307.2, 384, 460.8, 537.6};
    return of(512, sizes, STEPS_512, pixels, clip);
  }

  /** SSD512 for COCO. */
  public static PriorSettings coco512(PixelSizes pixels, Clip clip) {
    double[] sizes = {20.48, 51.2, 133.12, 215.04, 296.96, 378.88, 460.8, 542.72};
    return of(512, sizes, STEPS_512, pixels, clip);
  }

  /** SSDlite 320 of torchvision: no steps, six priors a cell everywhere, 3234 priors. */
  public static PriorSettings ssdlite320() {
    double[] sizes = {64, 112, 160, 208, 256, 304, 320};
    return ofSizes(320, sizes, new double[0], Collections.nCopies(6, List.of(2.0, 3.0)), Clip.SIZE);
  }

  /** Ratio 2 alone on the first level and the last two, 2 and 3 between. */
  private static PriorSettings of(
      double inputPixels, double[] sizes, double[] steps, PixelSizes pixels, Clip clip) {
    List<Double> two = List.of(2.0);
    List<Double> both = List.of(2.0, 3.0);
    List<List<Double>> ratios =
        steps.length == 6
            ? List.of(two, both, both, both, two, two)
            : List.of(two, both, both, both, both, two, two);
    double[] used = pixels == PixelSizes.EXACT ? sizes : truncated(sizes);
    return ofSizes(inputPixels, used, steps, ratios, clip);
  }

  private static PriorSettings ofSizes(
      double inputPixels, double[] sizes, double[] steps, List<List<Double>> ratios, Clip clip) {
    int levels = ratios.size();
    double[] least = Arrays.copyOf(sizes, levels);
    double[] next = Arrays.copyOfRange(sizes, 1, levels + 1);
    return PriorSettings.ofPixels(inputPixels, least, next, steps, ratios, clip);
  }

  /** Sizes in whole pixels, as {@link PixelSizes#TRUNCATED} has them. */
  public static double[] truncated(double[] sizes) {
    return Arrays.stream(sizes).map(size -> (int) size).toArray();
  }
}
