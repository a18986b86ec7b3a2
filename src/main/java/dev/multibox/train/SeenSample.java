package dev.multibox.train;

import dev.multibox.box.Box;
import dev.multibox.data.PixelBuffer;
import dev.multibox.data.SamplePlan;
import java.util.List;

/**
 * A training sample as a network sees it: behind augmentation, at the network's input size.
 *
 * @param id the image's
 * @param pixels its pixels before they were normalised
 * @param targets its objects, where augmentation moved them
 * @param positives the priors that learn an object
 */
record SeenSample(
    String id, PixelBuffer pixels, List<SamplePlan.Target> targets, List<Positive> positives) {
  SeenSample {
    targets = List.copyOf(targets);
    positives = List.copyOf(positives);
  }

  /** A prior and the index of the target that it was matched to. */
  record Positive(Box prior, int target) {}
}
