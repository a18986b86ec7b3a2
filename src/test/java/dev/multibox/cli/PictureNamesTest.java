package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PictureNamesTest {
  private static Stream<String> names(String... images) {
    PictureNames names = new PictureNames();
    return Stream.of(images).map(image -> names.next(Path.of(image)));
  }

  @Test
  void aPictureIsNamedAfterItsImage() {
    assertThat(names("a/1.jpg", "photo", ".hidden", "two.dots.png"))
        .containsExactly("1.png", "photo.png", ".hidden.png", "two.dots.png");
  }

  @Test
  void imagesOfTheSameNameGetPicturesOfTheirOwn() {
    assertThat(names("a/1.jpg", "b/1.jpg", "a/1.png", "1-2.jpg", "a/1.jpg"))
        .containsExactly("1.png", "1-2.png", "1-3.png", "1-2-2.png", "1-4.png");
  }

  @Test
  void namesThatDifferInCaseAloneCountAsTheSame() {
    assertThat(names("Photo.jpg", "photo.jpg")).containsExactly("Photo.png", "photo-2.png");
  }
}
