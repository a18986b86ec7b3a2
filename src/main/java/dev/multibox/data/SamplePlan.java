package dev.multibox.data;

import dev.multibox.backend.ImagePlan;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What is done to one image for one step of training, and where its objects are then.
 *
 * @param image for the kernels that move the pixels
 * @param targets the objects left, in the order of the annotation
 */
public record SamplePlan(ImagePlan image, List<Target> targets) {

  public SamplePlan {
    targets = List.copyOf(targets);
  }

  /**
   * An object as the network shall find it.
   *
   * @param label class from 1
   * @param xmin left edge, in [0, 1] of the network's input
   * @param ymin top edge
   * @param xmax right edge
   * @param ymax bottom edge
   */
  public record Target(int label, float xmin, float ymin, float xmax, float ymax) {}

  /** A plan for {@code image}; the same state of {@code random} gives the same plan. */
  public static SamplePlan draw(
      ImageRecord image, AugmentationSettings settings, RandomGenerator random) {
    return new PlanDraw(settings, random).draw(image);
  }
}
