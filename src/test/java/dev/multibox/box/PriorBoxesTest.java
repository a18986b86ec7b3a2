package dev.multibox.box;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.BackendSource;
import dev.multibox.backend.Backend;
import dev.multibox.backend.Priors;
import dev.multibox.box.PriorSettings.Clip;
import dev.multibox.box.PriorSettings.Level;
import dev.multibox.box.PublishedPriors.PixelSizes;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PriorBoxesTest {
  /** Sums of up to 24,564 floats, stated to four decimals. */
  private static final double SUM = 5e-4;

  private static final float ROUNDING = 1e-6f;

  static final int[] MAPS_300 = {38, 19, 10, 5, 3, 1};
  static final int[] MAPS_512 = {64, 32, 16, 8, 4, 2, 1};
  static final int[] MAPS_LITE = {20, 10, 5, 3, 2, 1};

  static List<Shape> square(int... sizes) {
    List<Shape> maps = new ArrayList<>();
    for (int size : sizes) {
      maps.add(Shape.of(1, size, size, 7));
    }
    return maps;
  }

  private static void checkSums(
      PriorSettings settings, int[] maps, int input, int count, double centre, double size) {
    PriorBoxes boxes = PriorBoxes.of(settings, square(maps), input, input);
    assertThat(boxes.count()).isEqualTo(count);
    double[] sums = new double[4];
    float[] centres = boxes.centres();
    for (int i = 0; i < centres.length; i++) {
      sums[i % 4] += centres[i];
    }
    assertThat(sums).containsExactly(new double[] {centre, centre, size, size}, within(SUM));
  }

  /** Sums computed from the definition by an independent script. */
  @Test
  void publishedSetsHaveTheirCountsAndSums() {
    checkSums(PublishedPriors.voc300(Clip.NONE), MAPS_300, 300, 8732, 4443.9467, 1510.4293);
    checkSums(PublishedPriors.voc300(Clip.CENTRE_FORM), MAPS_300, 300, 8732, 4443.1467, 1510.1480);
    checkSums(PublishedPriors.voc300(Clip.SIZE), MAPS_300, 300, 8732, 4443.9467, 1510.1480);
    checkSums(PublishedPriors.coco300(Clip.NONE), MAPS_300, 300, 8732, 4443.9467, 1172.1980);
    checkSums(PublishedPriors.coco300(Clip.CENTRE_FORM), MAPS_300, 300, 8732, 4443.1467, 1171.9677);
    checkSums(PublishedPriors.coco300(Clip.SIZE), MAPS_300, 300, 8732, 4443.9467, 1171.9677);
    check512(Clip.NONE, 3146.1417, 3105.5545, 2192.4711, 2173.6820);
    check512(Clip.CENTRE_FORM, 3144.9986, 3104.4244, 2191.9388, 2173.2136);
    check512(Clip.SIZE, 3144.9986, 3104.4244, 2191.9388, 2173.2136);
    checkSums(PublishedPriors.ssdlite320(), MAPS_LITE, 320, 3234, 1617.0, 915.4017);
  }

  private static void check512(
      Clip clip, double vocExact, double vocWhole, double cocoExact, double cocoWhole) {
    PriorSettings voc = PublishedPriors.voc512(PixelSizes.EXACT, clip);
    PriorSettings vocTruncated = PublishedPriors.voc512(PixelSizes.TRUNCATED, clip);
    PriorSettings coco = PublishedPriors.coco512(PixelSizes.EXACT, clip);
    PriorSettings cocoTruncated = PublishedPriors.coco512(PixelSizes.TRUNCATED, clip);
    checkSums(voc, MAPS_512, 512, 24564, 12282.0, vocExact);
    checkSums(vocTruncated, MAPS_512, 512, 24564, 12282.0, vocWhole);
    checkSums(coco, MAPS_512, 512, 24564, 12282.0, cocoExact);
    checkSums(cocoTruncated, MAPS_512, 512, 24564, 12282.0, cocoWhole);
  }

  @Test
  void firstAndLastPriorsOfVoc300() {
    PriorBoxes boxes = PriorBoxes.of(PublishedPriors.voc300(Clip.NONE), square(MAPS_300), 300, 300);
    float at = 0.0133333f;
    assertThat(java.util.Arrays.copyOf(boxes.centres(), 16))
        .containsExactly(
            new float[] {
              at, at, 0.1f, 0.1f, at, at, 0.141421f, 0.141421f, at, at, 0.141421f, 0.070711f, at,
              at, 0.070711f, 0.141421f
            },
            within(ROUNDING));
    int last = 4 * 8731;
    assertThat(java.util.Arrays.copyOfRange(boxes.centres(), last, last + 4))
        .containsExactly(new float[] {0.5f, 0.5f, 0.622254f, 1.244508f}, within(ROUNDING));
  }

  /** One cell of 2 by 1 in an image of 100 by 50, and a prior that reaches out on every side. */
  @Test
  void heightAndWidthAreApart() {
    PriorSettings stepped =
        new PriorSettings(List.of(new Level(0.2, 0.8, List.of(), 40)), Clip.NONE);
    PriorBoxes boxes = PriorBoxes.of(stepped, List.of(Shape.of(1, 1, 2, 3)), 50, 100);
    assertThat(boxes.centres())
        .containsExactly(
            new float[] {
              0.2f, 0.4f, 0.2f, 0.2f, 0.2f, 0.4f, 0.4f, 0.4f, 0.6f, 0.4f, 0.2f, 0.2f, 0.6f, 0.4f,
              0.4f, 0.4f
            },
            within(ROUNDING));
    PriorSettings even = new PriorSettings(List.of(new Level(0.2, 0.8, List.of(), 0)), Clip.NONE);
    float[] centres = PriorBoxes.of(even, List.of(Shape.of(1, 1, 2, 3)), 50, 100).centres();
    assertThat(centres[0]).isEqualTo(0.25f);
    assertThat(centres[1]).isEqualTo(0.5f);
    assertThat(centres[8]).isEqualTo(0.75f);
  }

  @Test
  void clippedCornersGiveTheCentreForm() {
    PriorSettings settings =
        new PriorSettings(List.of(new Level(1, 1, List.of(), 0)), Clip.CORNERS);
    PriorBoxes boxes = PriorBoxes.of(settings, List.of(Shape.of(1, 1, 2, 3)), 10, 10);
    assertThat(java.util.Arrays.copyOf(boxes.corners(), 4)).containsExactly(0, 0, 0.75f, 1);
    assertThat(java.util.Arrays.copyOf(boxes.centres(), 4)).containsExactly(0.375f, 0.5f, 0.75f, 1);
  }

  @Test
  void shapeMajorOrderRunsOverCellsFirst() {
    PriorSettings settings =
        new PriorSettings(
            List.of(new Level(0.1, 0.2, List.of(), 0), new Level(0.3, 0.4, List.of(), 0)),
            Clip.NONE);
    List<Shape> maps = List.of(Shape.of(1, 1, 3, 9), Shape.of(1, 2, 1, 9));
    assertThat(PriorOrder.shapeMajor(settings, maps)).containsExactly(0, 2, 4, 1, 3, 5, 6, 8, 7, 9);
  }

  @BackendSource
  void uploadsBothForms(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      PriorBoxes boxes = PriorBoxes.of(PublishedPriors.ssdlite320(), square(MAPS_LITE), 320, 320);
      Priors priors = boxes.upload(backend, arena);
      assertThat(priors.count()).isEqualTo(3234);
      assertThat(backend.floats(priors.corners())).isEqualTo(boxes.corners());
      assertThat(backend.floats(priors.centres())).isEqualTo(boxes.centres());
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    PriorSettings settings = PublishedPriors.voc300(Clip.NONE);
    List<Shape> maps = square(1, 2);
    assertThatThrownBy(() -> PriorBoxes.of(settings, maps, 300, 300))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("priors: 6 levels for 2 feature maps");
    assertThatThrownBy(() -> new Level(0.1, 0, List.of(), 1))
        .hasMessageStartingWith("priors: sizes were 0.1 and 0.0");
  }
}
