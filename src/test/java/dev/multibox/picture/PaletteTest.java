package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import org.junit.jupiter.api.Test;

class PaletteTest {
  /** What WCAG 2.2 asks of text (success criterion 1.4.3). */
  private static final double LEGIBLE = 4.5;

  @Test
  void contrastGoesFromOneToTwentyOne() {
    assertThat(Palette.contrast(Color.BLACK, Color.WHITE)).isCloseTo(21, within(1e-9));
    assertThat(Palette.contrast(Color.RED, Color.RED)).isEqualTo(1);
    // (1.05) / (0.2126 + 0.05), white on pure red.
    assertThat(Palette.contrast(Color.RED, Color.WHITE)).isCloseTo(3.998, within(1e-3));
  }

  @Test
  void inkCanBeReadOnEveryColour() {
    for (int label = 0; label < 500; label++) {
      Color colour = Palette.of(label);
      assertThat(Palette.contrast(colour, Palette.ink(colour)))
          .describedAs("label %d, %s", label, colour)
          .isGreaterThanOrEqualTo(LEGIBLE);
    }
    for (int grey = 0; grey < 256; grey++) {
      Color colour = new Color(grey, grey, grey);
      assertThat(Palette.contrast(colour, Palette.ink(colour))).isGreaterThanOrEqualTo(LEGIBLE);
    }
  }

  @Test
  void theFirstTwentyColoursAreApart() {
    for (int one = 1; one <= 20; one++) {
      for (int other = 1; other < one; other++) {
        assertThat(distance(Palette.of(one), Palette.of(other)))
            .describedAs("labels %d and %d", one, other)
            .isGreaterThan(35);
      }
    }
  }

  private static double distance(Color one, Color other) {
    int red = one.getRed() - other.getRed();
    int green = one.getGreen() - other.getGreen();
    int blue = one.getBlue() - other.getBlue();
    return Math.sqrt(red * red + green * green + blue * blue);
  }
}
