package dev.multibox.box;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoxRecordTest {
  @Test
  void formsAgree() {
    Box box = new Box(1, 2, 5, 10);
    assertThat(Box.ofCentre(3, 6, 4, 8)).isEqualTo(box);
    assertThat(Box.ofSize(1, 2, 4, 8)).isEqualTo(box);
    assertThat(box.centreX()).isEqualTo(3);
    assertThat(box.centreY()).isEqualTo(6);
    assertThat(box.area()).isEqualTo(32);
    assertThat(box.scaled(2, 0.5f)).isEqualTo(new Box(2, 1, 10, 5));
    assertThat(box.clipped(4, 6)).isEqualTo(new Box(1, 2, 4, 6));
  }

  @Test
  void iouIsThatOfTheKernels() {
    Box box = new Box(0, 0, 2, 2);
    assertThat(box.iou(new Box(1, 1, 3, 3))).isEqualTo(1f / 7);
    assertThat(box.iou(box)).isEqualTo(1);
    assertThat(box.iou(new Box(2, 0, 4, 2))).isZero();
    assertThat(new Box(1, 1, 1, 1).iou(box)).isZero();
    assertThat(new Box(Float.NaN, 0, 1, 1).iou(box)).isZero();
  }

  @Test
  void extentIsAboveZero() {
    assertThat(new Box(0, 0, 1, 1).hasExtent()).isTrue();
    assertThat(new Box(0, 0, 0, 1).hasExtent()).isFalse();
    assertThat(new Box(2, 0, 1, 1).hasExtent()).isFalse();
    assertThat(new Box(0, Float.NaN, 1, 1).hasExtent()).isFalse();
    assertThat(new Box(2, 2, 1, 1).area()).isZero();
  }
}
