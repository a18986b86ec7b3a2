package dev.multibox.train;

import dev.multibox.backend.Checks;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.data.Dataset;
import dev.multibox.data.Splits;
import dev.multibox.model.SsdDefinition;
import dev.multibox.optim.Sgd;
import dev.multibox.train.TrainingSchedule.Fall;
import dev.multibox.train.TrainingSchedule.Length;
import dev.multibox.train.TrainingSchedule.WarmUp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a model is trained: every choice the published SSDs make differently, by name. How it is
 * read, which its weights depend on no less, goes with the model ({@link
 * dev.multibox.model.SsdDefinition}).
 *
 * @param name how the command line names it
 * @param match how ground truth is assigned to priors
 * @param loss the loss and its hard-negative mining
 * @param augmentation what happens to training images, and which of them are trained on
 * @param sgd momentum and weight decay
 * @param schedule length and learning rate
 * @param frozen what the names of parameters begin with that stay as they are when training starts
 *     from given weights
 * @param published how those who published it measured its models; null where nobody did
 */
public record Recipe(
    String name,
    MatchParams match,
    LossParams loss,
    AugmentationSettings augmentation,
    Sgd.Settings sgd,
    TrainingSchedule schedule,
    List<String> frozen,
    @Nullable EvaluationProtocol published) {

  public Recipe {
    frozen = List.copyOf(frozen);
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
        new Sgd.Settings(0.9f, 5e-4f, MomentumForm.RATE_OUTSIDE, Sgd.Decay.WEIGHTS, 1),
        new TrainingSchedule(
            0.02f, 16, new Length.Steps(1900), new WarmUp(100, 0.1f, false), Fall.at(0.7, 0.9)),
        List.of(),
        null);
  }

  /** All recipes, in the order they are shown. */
  public static List<Recipe> all() {
    return List.of(
        shapes(),
        scratch(),
        PublishedRecipes.paperVoc(),
        PublishedRecipes.paperCoco(),
        PublishedRecipes.nvidiaCoco(),
        PublishedRecipes.torchvisionCoco(),
        PublishedRecipes.torchvisionLiteCoco());
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
        sgd.withWeightDecay(weightDecay),
        schedule.withLearningRate(rate),
        frozen,
        published);
  }

  /** How a model trained by this is measured: as it was published, else as goes with the model. */
  public EvaluationProtocol evaluation(SsdDefinition model) {
    return published == null ? EvaluationProtocol.of(model) : published;
  }

  /** The images of a data set that are trained on. */
  public Dataset trainedOn(Dataset dataset) {
    return augmentation.objects().select(dataset);
  }

  /**
   * What is trained on and validated on, of all there is.
   *
   * @throws IllegalArgumentException if nothing is left to validate on
   */
  public Splits of(Splits splits) {
    Dataset validation = splits.validation();
    if (published != null && published.skipsEmptyImages()) {
      validation = validation.withObjects();
      Checks.require(
          "recipe",
          validation.size() > 0,
          "%s measures on images with objects, %s has none; name another split with --val-split",
          name,
          validation.name());
    }
    return new Splits(trainedOn(splits.train()), validation, splits.description());
  }
}
