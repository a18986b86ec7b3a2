package dev.multibox.train;

import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.SgdParams;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.optim.LearningRate;
import dev.multibox.optim.Sgd;
import java.util.List;

/**
 * How a model is trained: every choice the published SSDs make differently, by name. How it is
 * read, which its weights depend on no less, goes with the model ({@link
 * dev.multibox.model.SsdDefinition}).
 *
 * @param name how the command line names it
 * @param match how ground truth is assigned to priors
 * @param loss the loss and its hard-negative mining
 * @param augmentation what happens to training images
 * @param learningRate the rate after warm-up, for {@code referenceBatch} images a step
 * @param referenceBatch the batch the rate is stated for; another one scales it in proportion
 * @param sgd momentum and weight decay
 * @param warmupIterations the length of the linear rise
 * @param milestones where the rate drops to a tenth, as parts of the run's length
 */
public record Recipe(
    String name,
    MatchParams match,
    LossParams loss,
    AugmentationSettings augmentation,
    float learningRate,
    int referenceBatch,
    Sgd.Settings sgd,
    long warmupIterations,
    List<Double> milestones) {

  public Recipe {
    milestones = List.copyOf(milestones);
  }

  /** The drawn shapes: enough images for a short run that flips are all it needs. */
  public static Recipe shapes() {
    return fromScratch("shapes", AugmentationSettings.flips());
  }

  /** Small nets from random weights on photographs: {@link AugmentationSettings#light}. */
  public static Recipe scratch() {
    return fromScratch("scratch", AugmentationSettings.light());
  }

  private static Recipe fromScratch(String name, AugmentationSettings augmentation) {
    return new Recipe(
        name,
        MatchParams.caffe(),
        LossParams.caffe(),
        augmentation,
        0.02f,
        16,
        new Sgd.Settings(0.9f, 5e-4f, SgdParams.MomentumForm.RATE_OUTSIDE, Sgd.Decay.WEIGHTS, 1),
        100,
        List.of(0.7, 0.9));
  }

  /** All recipes, in the order they are shown. */
  public static List<Recipe> all() {
    return List.of(shapes(), scratch());
  }

  /**
   * The recipe of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists those there are
   */
  public static Recipe find(String name) {
    for (Recipe recipe : all()) {
      if (recipe.name().equals(name)) {
        return recipe;
      }
    }
    throw new IllegalArgumentException(
        "recipe: there is no '%s'; there is %s"
            .formatted(name, String.join(", ", all().stream().map(Recipe::name).toList())));
  }

  /** The same with another rate and weight decay. */
  public Recipe with(float rate, float weightDecay) {
    return new Recipe(
        name,
        match,
        loss,
        augmentation,
        rate,
        referenceBatch,
        sgd.withWeightDecay(weightDecay),
        warmupIterations,
        milestones);
  }

  /** The steps of a run of {@code iterations} before which the rate drops. */
  public List<Long> drops(long iterations) {
    return milestones.stream()
        .map(part -> Math.max(1, Math.round(part * iterations)))
        .distinct()
        .toList();
  }

  /** The schedule of a run of {@code iterations} steps. */
  public LearningRate schedule(float rate, long warmup, long iterations) {
    return new LearningRate.WarmUp(
        warmup, 0.1f, new LearningRate.MultiStep(rate, drops(iterations), 0.1f));
  }
}
