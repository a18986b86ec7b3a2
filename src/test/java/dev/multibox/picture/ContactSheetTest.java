package dev.multibox.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.PixelBuffer;
import dev.multibox.picture.ContactSheet.Tile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContactSheetTest {
  private static final int PURPLE = 0xFF800080;
  private static final List<ContactSheet.Key> LEGEND =
      List.of(
          new ContactSheet.Key(Mark.Outline.SOLID, "object"),
          new ContactSheet.Key(Mark.Outline.DASHED, "prior"));

  private static Tile tile(String caption) {
    byte[] rgb = new byte[90 * 60 * 3];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) 0x80;
      rgb[i + 2] = (byte) 0x80;
    }
    return new Tile(Picture.scaled(new PixelBuffer(90, 60, rgb), 180), caption);
  }

  private static int purple(BufferedImage sheet) {
    int count = 0;
    for (int y = 0; y < sheet.getHeight(); y++) {
      for (int x = 0; x < sheet.getWidth(); x++) {
        count += sheet.getRGB(x, y) == PURPLE ? 1 : 0;
      }
    }
    return count;
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 1", "2, 2, 1", "3, 3, 1", "8, 4, 2", "16, 6, 3"})
  void everyPictureIsWholeAndUncovered(int tiles, int columns, int rows) throws IOException {
    BufferedImage sheet =
        ContactSheet.of("title", LEGEND, Collections.nCopies(tiles, tile("caption"))).canvas();

    assertThat(purple(sheet)).isEqualTo(tiles * 180 * 120);
    assertThat(Math.floorDiv(sheet.getWidth(), 180 + 16)).isEqualTo(columns);
    assertThat(Math.floorDiv(sheet.getHeight() - 64, 120 + 40)).isEqualTo(rows);
  }

  @Test
  void captionsAndTitlesOfAnyLengthStayOutOfPictures() throws IOException {
    String text = "long ".repeat(100);
    BufferedImage sheet = ContactSheet.of(text, LEGEND, List.of(tile(text), tile(""))).canvas();

    assertThat(purple(sheet)).isEqualTo(2 * 180 * 120);
  }

  @Test
  void theLegendShowsBothOutlines() throws IOException {
    BufferedImage with = ContactSheet.of("title", LEGEND, List.of(tile("a"))).canvas();
    BufferedImage without = ContactSheet.of("title", List.of(), List.of(tile("a"))).canvas();

    assertThat(coloured(without)).isZero();
    assertThat(coloured(with)).isGreaterThan(100);
  }

  private static int coloured(BufferedImage sheet) {
    int count = 0;
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < sheet.getWidth(); x++) {
        count += sheet.getRGB(x, y) == Palette.of(1).getRGB() ? 1 : 0;
      }
    }
    return count;
  }
}
