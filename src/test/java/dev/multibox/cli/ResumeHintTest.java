package dev.multibox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResumeHintTest {
  @Test
  void isACommand() {
    assertThat(ResumeHint.command(Path.of("runs", "my cats-1")))
        .endsWith("multibox train --resume 'runs/my cats-1'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          runs/ssd-tiny-1 | runs/ssd-tiny-1
          a b             | 'a b'
          it's            | 'it'\\''s'
          $HOME           | '$HOME'
          größe           | 'größe'
          ``              | ''
          """)
  void quotesWhatAShellWouldChange(String word, String quoted) {
    assertThat(ResumeHint.quoted(word)).isEqualTo(quoted);
  }
}
