package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PriorSettings;
import dev.multibox.box.PriorSettings.Level;
import dev.multibox.model.SsdDefinition.HeadStart;
import dev.multibox.nn.Initializer;
import java.util.List;

/**
 * {@code ssd-tiny}: about a million parameters, 96×96 unless told otherwise, for CPUs and tests.
 * Priors are two to four cells wide on every level, as SSD300's are, so that most objects match
 * more than the one prior they are given.
 */
final class SsdTiny {
  private static final int INPUT = 96;
  private static final List<Double> TWO = List.of(2.0);

  private SsdTiny() {}

  static SsdDefinition definition() {
    return new SsdDefinition(
        "ssd-tiny",
        "plain 3x3 convolutions with batch norm, trainable on a CPU from random weights",
        INPUT,
        INPUT,
        Normalisation.imageNet(),
        TinyBackbone::declare,
        // Behind batch norm Xavier's bound gives logits of order 10; these start near the uniform
        // distribution over classes.
        HeadForm.CONVOLUTION,
        HeadStart.of(Initializer.normal(0.01f)),
        new PriorSettings(
            List.of(
                new Level(0.13, 0.21, TWO, 0),
                new Level(0.21, 0.36, TWO, 0),
                new Level(0.36, 0.6, TWO, 0),
                new Level(0.6, 0.9, TWO, 0)),
            PriorSettings.Clip.NONE),
        BoxCoding.ssd(),
        NmsParams.caffe());
  }
}
