package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LabelLayoutTest {
  private static final Rectangle2D PICTURE = box(0, 0, 400, 300);

  private static Rectangle2D box(double x, double y, double width, double height) {
    return new Rectangle2D.Double(x, y, width, height);
  }

  @Test
  void aFreeLabelStandsOnItsBox() {
    Rectangle2D box = box(100, 100, 150, 80);
    LabelLayout layout = new LabelLayout(PICTURE, List.of(box));

    assertThat(layout.place(box, 60, 16)).isEqualTo(box(100, 84, 60, 16));
  }

  @Test
  void aLabelNeverLeavesThePicture() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      Rectangle2D box =
          box(
              random.nextInt(-200, 400),
              random.nextInt(-200, 300),
              random.nextInt(1, 600),
              random.nextInt(1, 500));
      LabelLayout layout = new LabelLayout(PICTURE, List.of(box));
      Rectangle2D label = layout.place(box, random.nextInt(1, 400), random.nextInt(1, 300));

      assertThat(PICTURE.contains(label)).describedAs("%s at %s", label, box).isTrue();
    }
  }

  @Test
  void labelsOfTheSameBoxLieBesideEachOther() {
    Rectangle2D box = box(100, 100, 150, 80);
    LabelLayout layout = new LabelLayout(PICTURE, Collections.nCopies(6, box));
    List<Rectangle2D> labels = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Rectangle2D label = layout.place(box, 60, 16);
      assertThat(labels).noneMatch(label::intersects);
      labels.add(label);
    }
  }

  @Test
  void aLabelKeepsOffOtherBoxesWhereItCan() {
    Rectangle2D box = box(100, 100, 150, 80);
    Rectangle2D above = box(60, 20, 300, 75);
    LabelLayout layout = new LabelLayout(PICTURE, List.of(box, above));

    assertThat(layout.place(box, 60, 16).intersects(above)).isFalse();
  }

  @Test
  void atTheUpperEdgeALabelGoesBelow() {
    Rectangle2D box = box(100, 0, 150, 80);
    LabelLayout layout = new LabelLayout(PICTURE, List.of(box));

    assertThat(layout.place(box, 60, 16)).isEqualTo(box(100, 80, 60, 16));
  }
}
