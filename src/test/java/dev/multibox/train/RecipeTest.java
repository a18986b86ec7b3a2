package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.LossParams.Normaliser;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.MatchParams.Forced;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.eval.Metric;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.SsdDefinition;
import dev.multibox.optim.LearningRate;
import dev.multibox.optim.Sgd.Decay;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The recipes against what their sources state. */
class RecipeTest {
  private static final Offset<Float> CLOSE = within(1e-9f);

  /** COCO's training images that have boxes. */
  private static final long COCO = 117_266;

  /** The rates of a whole run on {@code images} with 32 a step. */
  private static LearningRate rates(Recipe recipe, long images) {
    TrainingSchedule schedule = recipe.schedule();
    long iterations = schedule.length().iterations(images, 32);
    long warmup = schedule.warmUp().steps(iterations, images / 32);
    return schedule.rates(schedule.learningRate(32), warmup, iterations);
  }

  @Test
  void thePapersVocRunIsCaffes() {
    Recipe recipe = Recipe.find("paper-voc");
    LearningRate rates = rates(recipe, 16_551);

    assertThat(recipe.schedule().length().iterations(16_551, 32)).isEqualTo(120_000);
    assertThat(rates.at(0)).isCloseTo(1e-3f, CLOSE);
    assertThat(rates.at(79_999)).isCloseTo(1e-3f, CLOSE);
    assertThat(rates.at(80_000)).isCloseTo(1e-4f, CLOSE);
    assertThat(rates.at(100_000)).isCloseTo(1e-5f, CLOSE);
    assertThat(recipe.match().forced()).isEqualTo(Forced.GREEDY_BIPARTITE);
    assertThat(recipe.sgd().form()).isEqualTo(MomentumForm.RATE_INSIDE);
    assertThat(recipe.sgd().decay()).isEqualTo(Decay.WEIGHTS);
    assertThat(recipe.sgd().biasRate()).isEqualTo(2);
    assertThat(recipe.builtAugmentation()).isEqualTo(AugmentationSettings.caffe());
  }

  @Test
  void thePapersCocoRunIsThreeTimesAsLong() {
    LearningRate rates = rates(Recipe.find("paper-coco"), COCO);

    assertThat(rates.at(279_999)).isCloseTo(1e-3f, CLOSE);
    assertThat(rates.at(280_000)).isCloseTo(1e-4f, CLOSE);
    assertThat(rates.at(359_999)).isCloseTo(1e-4f, CLOSE);
    assertThat(rates.at(360_000)).isCloseTo(1e-5f, CLOSE);
  }

  @Test
  void nvidiasRunRisesFromNothingAndDropsByEpochs() {
    Recipe recipe = Recipe.find("nvidia-coco");
    LearningRate rates = rates(recipe, COCO);
    long epoch = Math.ceilDiv(65 * COCO, 32L) / 65;

    assertThat(rates.at(0)).isEqualTo(0);
    assertThat(rates.at(150)).isCloseTo(1.3e-3f, CLOSE);
    assertThat(rates.at(300)).isCloseTo(2.6e-3f, CLOSE);
    assertThat(rates.at(43 * epoch - 30)).isCloseTo(2.6e-3f, CLOSE);
    assertThat(rates.at(43 * epoch + 60)).isCloseTo(2.6e-4f, CLOSE);
    assertThat(rates.at(54 * epoch + 60)).isCloseTo(2.6e-5f, CLOSE);
    assertThat(recipe.match()).isEqualTo(MatchParams.dali());
    assertThat(recipe.loss().normaliser()).isEqualTo(Normaliser.IMAGE_POSITIVES);
    assertThat(recipe.sgd().decay()).isEqualTo(Decay.WEIGHTS);
    assertThat(recipe.sgd().biasRate()).isEqualTo(1);
  }

  @Test
  void torchvisionsRunDecaysEverythingAndRisesWithinAnEpoch() {
    Recipe recipe = Recipe.find("torchvision-coco");
    LearningRate rates = rates(recipe, COCO);

    assertThat(rates.at(0)).isCloseTo(2e-6f, CLOSE);
    assertThat(rates.at(500)).isCloseTo(2e-3f * (0.001f + 0.999f / 2), within(1e-8f));
    assertThat(rates.at(1000)).isCloseTo(2e-3f, CLOSE);
    // 200 images are 6 steps an epoch: 5 steps of warm-up, of 750.
    assertThat(recipe.schedule().warmUp().steps(750, 6)).isEqualTo(5);
    assertThat(rates(recipe, 200).at(5)).isCloseTo(2e-3f, CLOSE);
    assertThat(recipe.sgd().decay()).isEqualTo(Decay.ALL);
    assertThat(recipe.frozen()).containsExactly("backbone.conv1_1.", "backbone.conv1_2.");
  }

  @Test
  void ratesGrowWithTheBatchAndWarmUpIsATenthAtMost() {
    TrainingSchedule schedule = Recipe.find("nvidia-coco").schedule();

    assertThat(schedule.learningRate(64)).isCloseTo(5.2e-3f, CLOSE);
    assertThat(schedule.warmUp().steps(1000, 10)).isEqualTo(100);
    assertThat(schedule.length().iterations(100, 32)).isEqualTo(204);
  }

  /** Inference as the releases have it, on images as they were validated on. */
  @Test
  void eachPublishedRecipeSaysHowItsModelsWereMeasured() {
    SsdDefinition model = ModelRegistry.find("ssd-tiny");

    assertThat(Recipe.find("paper-voc").evaluation(model))
        .isEqualTo(new EvaluationProtocol(Metric.VOC07, Resize.BILINEAR, NmsParams.caffe(), false));
    assertThat(Recipe.find("paper-coco").evaluation(model))
        .isEqualTo(new EvaluationProtocol(Metric.COCO, Resize.BILINEAR, NmsParams.caffe(), false));
    EvaluationProtocol nvidia = Recipe.find("nvidia-coco").evaluation(model);
    assertThat(nvidia.metric()).isEqualTo(Metric.COCO);
    assertThat(nvidia.resize()).isEqualTo(Resize.BILINEAR_ANTIALIAS);
    assertThat(nvidia.nms().scoreThreshold()).isEqualTo(0.05f);
    assertThat(nvidia.nms().iouThreshold()).isEqualTo(0.5f);
    assertThat(nvidia.nms().overlap()).isEqualTo(NmsParams.Overlap.AT_LEAST);
    assertThat(nvidia.nms().topK()).isEqualTo(200);
    assertThat(nvidia.skipsEmptyImages()).isTrue();
    EvaluationProtocol torchvision = Recipe.find("torchvision-coco").evaluation(model);
    assertThat(torchvision.resize()).isEqualTo(Resize.BILINEAR);
    assertThat(torchvision.nms()).isEqualTo(NmsParams.torchvision());
    assertThat(torchvision.skipsEmptyImages()).isFalse();
  }

  @Test
  void otherwiseTheModelSaysIt() {
    SsdDefinition resNet = ModelRegistry.find("ssd300-resnet50");

    assertThat(Recipe.find("scratch").evaluation(resNet))
        .isEqualTo(
            new EvaluationProtocol(
                Metric.COCO, Resize.BILINEAR_ANTIALIAS, NmsParams.nvidia(), false));
    assertThat(ModelRegistry.find("ssd300-vgg16").resize()).isEqualTo(Resize.BILINEAR);
    assertThat(ModelRegistry.find("ssd300-vgg16-torchvision").resize()).isEqualTo(Resize.BILINEAR);
  }

  @Test
  void refusesToTrainWithAnAugmentationThatIsNotBuilt() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Recipe.find("nvidia-coco").builtAugmentation())
        .withMessage(
            "recipe: the augmentation of nvidia-coco is not built yet; name another recipe");
  }

  @Test
  void refusesARecipeThatDoesNotExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Recipe.find("paper"))
        .withMessage(
            "recipe: there is no 'paper'; there is shapes, scratch, paper-voc, paper-coco,"
                + " nvidia-coco, torchvision-coco");
  }
}
