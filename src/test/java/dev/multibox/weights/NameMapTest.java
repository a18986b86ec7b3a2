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

  /** The first block has no part to widen, some have squeeze-and-excitation before the last. */
  @Test
  void knowsThePartsOfMobileNetsBlocks() {
    NameMap map = NameMaps.TORCHVISION_MOBILENET;
    assertThat(map.find("features.1.block.1.0.weight"))
        .contains(new Target("backbone.block1.project.conv.weight", Use.SAME));
    assertThat(map.find("features.2.block.2.1.running_var"))
        .contains(new Target("backbone.block2.project.bn.running_var", Use.SAME));
    assertThat(map.find("features.4.block.2.fc1.bias"))
        .contains(new Target("backbone.block4.squeeze.fc1.bias", Use.SAME));
    assertThat(map.find("features.4.block.3.0.weight"))
        .contains(new Target("backbone.block4.project.conv.weight", Use.SAME));
    assertThat(map.find("classifier.0.weight")).contains(new Target("", Use.NOTHING));
    assertThat(map.gives("backbone.last.bn.running_mean")).isTrue();
    assertThat(map.gives("backbone.extra0.expand.conv.weight")).isFalse();
    assertThat(map.gives("heads.0.logits.project.weight")).isFalse();
  }

  /** torchvision cuts block 13 in two, where the first map is. */
  @Test
  void knowsTheTwoHalvesOfSsdlitesBlock13() {
    NameMap map = NameMaps.TORCHVISION_SSDLITE;
    assertThat(map.find("backbone.features.0.13.0.weight"))
        .contains(new Target("backbone.block13.expand.conv.weight", Use.SAME));
    assertThat(map.find("backbone.features.1.0.1.0.weight"))
        .contains(new Target("backbone.block13.depthwise.conv.weight", Use.SAME));
    assertThat(map.find("backbone.features.1.2.block.3.1.bias"))
        .contains(new Target("backbone.block15.project.bn.bias", Use.SAME));
    assertThat(map.find("head.classification_head.module_list.5.1.bias"))
        .contains(new Target("heads.5.logits.project.bias", Use.CLASSES));
    assertThat(map.find("head.regression_head.module_list.5.0.1.weight"))
        .contains(new Target("heads.5.offsets.depthwise.bn.weight", Use.SAME));
  }
}
