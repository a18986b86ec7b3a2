package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.picture.Curves.Chart;
import dev.multibox.picture.Curves.Line;
import dev.multibox.picture.Curves.Range;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CurvesTest {
  private static Line line(String name, int points, double value) {
    List<Double> steps = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (int i = 1; i <= points; i++) {
      steps.add(20.0 * i);
      values.add(value);
    }
    return new Line(name, steps, values);
  }

  /** The rows between which a column has the colour of line {@code number}, -1 for none. */
  private static int[] rows(BufferedImage picture, int from, int to, int column, int number) {
    int first = -1;
    int last = -1;
    for (int y = from; y < to; y++) {
      if (picture.getRGB(column, y) == Palette.of(number).getRGB()) {
        first = first < 0 ? y : first;
        last = y;
      }
    }
    return new int[] {first, last};
  }

  @Test
  void eachLineIsDrawnAtItsHeight() throws IOException {
    Chart chart = new Chart("loss", Range.FROM_ZERO, List.of(line("a", 50, 4), line("b", 50, 2)));
    BufferedImage picture = Curves.draw(List.of(chart));

    int[] high = rows(picture, 0, picture.getHeight(), 400, 1);
    int[] low = rows(picture, 0, picture.getHeight(), 400, 2);
    assertThat(high[0]).isPositive();
    assertThat(high[1]).isLessThan(picture.getHeight() / 3);
    assertThat(low[0]).isBetween(picture.getHeight() / 3, picture.getHeight() * 2 / 3);
  }

  @Test
  void aUnitChartReachesFromZeroToOne() throws IOException {
    Chart chart = new Chart("AP", Range.UNIT, List.of(line("AP", 50, 0.25)));
    BufferedImage picture = Curves.draw(List.of(chart));

    assertThat(rows(picture, 0, picture.getHeight(), 400, 1)[0])
        .isBetween(picture.getHeight() / 2, picture.getHeight() * 9 / 10);
  }

  @Test
  void chartsStandBelowEachOtherOverTheSameSteps() throws IOException {
    Chart longer = new Chart("loss", Range.FROM_ZERO, List.of(line("loss", 50, 1)));
    Chart shorter = new Chart("AP", Range.UNIT, List.of(line("AP", 25, 0.5)));
    BufferedImage picture = Curves.draw(List.of(longer, shorter));
    int half = picture.getHeight() / 2;

    assertThat(rows(picture, 0, half, 900, 1)[0]).isPositive();
    assertThat(rows(picture, half, picture.getHeight(), 400, 1)[0]).isPositive();
    assertThat(rows(picture, half, picture.getHeight(), 900, 1)[0]).isNegative();
  }

  @Test
  void aSinglePointShows() throws IOException {
    Chart chart = new Chart("AP", Range.UNIT, List.of(line("AP", 1, 0.5)));
    BufferedImage picture = Curves.draw(List.of(chart));

    int coloured = 0;
    for (int x = 0; x < picture.getWidth(); x++) {
      coloured += rows(picture, 0, picture.getHeight(), x, 1)[0] >= 0 ? 1 : 0;
    }
    assertThat(coloured).isBetween(3, 12);
  }
}
