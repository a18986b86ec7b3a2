package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.weights.NameMap.Target;
import dev.multibox.weights.NameMap.Use;
import org.junit.jupiter.api.Test;

class NameMapTest {
  private static final NameMap MAP =
      NameMap.of(
          """
          **.num_batches_tracked      -
          net.7.*                     backbone.first.*
          """,
          """
          net.#.conv#.*               backbone.layer#.conv#.conv.*
          net.**                      backbone.rest.**
          cls.#.*                     heads.#.*  classes
          box.#.*                     heads.#.*  boxes
          """);

  @Test
  void putsWhatPlaceholdersMatchedIntoOurName() {
    assertThat(MAP.find("net.12.conv3.weight"))
        .contains(new Target("backbone.layer12.conv3.conv.weight", Use.SAME));
    assertThat(MAP.find("net.7.bias")).contains(new Target("backbone.first.bias", Use.SAME));
    assertThat(MAP.find("net.a.b.c")).contains(new Target("backbone.rest.a.b.c", Use.SAME));
    assertThat(MAP.find("cls.5.weight")).contains(new Target("heads.5.weight", Use.CLASSES));
    assertThat(MAP.find("box.5.weight")).contains(new Target("heads.5.weight", Use.BOXES));
  }

  @Test
  void takesTheFirstRowThatMatches() {
    assertThat(MAP.find("net.7.num_batches_tracked")).contains(new Target("", Use.NOTHING));
    assertThat(MAP.find("net.7.conv1.weight"))
        .contains(new Target("backbone.layer7.conv1.conv.weight", Use.SAME));
  }

  @Test
  void matchesWholeNamesAndTakesDotsAndDollarsAsTheyAre() {
    assertThat(MAP.find("xnet.7.bias")).isEmpty();
    assertThat(MAP.find("netX7Xbias")).isEmpty();
    assertThat(MAP.find("cls.x.weight")).isEmpty();
    assertThat(MAP.find("cls.1.weight.more")).isEmpty();
    assertThat(MAP.find("net.$1\\")).contains(new Target("backbone.rest.$1\\", Use.SAME));
  }

  @Test
  void knowsWhichOfOurTensorsItGives() {
    assertThat(MAP.gives("backbone.first.weight")).isTrue();
    assertThat(MAP.gives("backbone.layer2.conv1.conv.weight")).isTrue();
    assertThat(MAP.gives("backbone.second.weight")).isFalse();
  }
}
