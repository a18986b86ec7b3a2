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
import dev.multibox.data.Annotation;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.data.ColourSettings;
import dev.multibox.data.ColourSettings.Arithmetic;
import dev.multibox.data.CropSettings;
import dev.multibox.data.CropSettings.Aspect;
import dev.multibox.data.CropSettings.Overlap;
import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.ObjectSettings;
import dev.multibox.data.Splits;
import dev.multibox.eval.Metric;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.SsdDefinition;
import dev.multibox.optim.LearningRate;
import dev.multibox.optim.Sgd.Decay;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    assertThat(recipe.augmentation()).isEqualTo(AugmentationSettings.caffe());
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
  void torchvisionsLiteRunFallsAlongAWave() {
    Recipe recipe = Recipe.find("torchvision-lite-coco");
    LearningRate rates = rates(recipe, COCO);
    long length = Math.ceilDiv(660 * COCO, 32L);

    // 0.15 for 192 images is 0.025 for 32.
    assertThat(rates.at(0)).isCloseTo(2.5e-5f, CLOSE);
    assertThat(rates.at(1000)).isCloseTo(0.025f, within(1e-6f));
    assertThat(rates.at(length / 2)).isCloseTo(0.0125f, within(1e-6f));
    assertThat(rates.at(length / 3)).isCloseTo(0.01875f, within(1e-6f));
    assertThat(rates.at(length - 1)).isCloseTo(0, CLOSE);
    assertThat(recipe.sgd().weightDecay()).isEqualTo(4e-5f);
    assertThat(recipe.sgd().decay()).isEqualTo(Decay.ALL);
    assertThat(recipe.augmentation()).isEqualTo(AugmentationSettings.torchvisionLite());
    assertThat(recipe.frozen()).isEmpty();
    assertThat(recipe.evaluation(ModelRegistry.find("ssd-tiny")).nms())
        .isEqualTo(NmsParams.torchvisionSsdLite());
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

  /** Spec of the sources: sections 3.3 and 5.2 to 5.5. */
  @Test
  void imagesAreVariedAsThePipelinesOfTheirSourcesDo() {
    AugmentationSettings nvidia = Recipe.find("nvidia-coco").augmentation();
    AugmentationSettings torchvision = Recipe.find("torchvision-coco").augmentation();
    List<Float> ious = List.of(0f, 0.1f, 0.3f, 0.5f, 0.7f, 0.9f);

    assertThat(nvidia.colours()).isEqualTo(new ColourSettings.Twist(0.125f, 0.5f, 0.5f, 0.5f));
    assertThat(nvidia.expand().probability()).isZero();
    assertThat(nvidia.crop())
        .isEqualTo(new CropSettings.Redrawn(ious, 1, 0.3f, 2, Aspect.OF_IMAGE, Overlap.ALL));
    assertThat(nvidia.flipProbability()).isEqualTo(0.5f);
    assertThat(nvidia.resizes()).containsExactly(Resize.BILINEAR_ANTIALIAS);
    assertThat(nvidia.objects()).isEqualTo(ObjectSettings.dali());

    assertThat(torchvision.colours())
        .isEqualTo(
            new ColourSettings.Distortion(
                Arithmetic.PILLOW, 0.5f, 0.125f, 0.5f, 0.5f, 0.05f * 360, 0.5f));
    assertThat(torchvision.expand()).isEqualTo(new AugmentationSettings.Expand(0.5f, 4));
    assertThat(torchvision.crop())
        .isEqualTo(new CropSettings.Redrawn(ious, 40, 0.3f, 2, Aspect.OF_CROP, Overlap.ONE_WITHIN));
    assertThat(torchvision.flipProbability()).isEqualTo(0.5f);
    assertThat(torchvision.resizes()).containsExactly(Resize.BILINEAR);
    assertThat(torchvision.objects()).isEqualTo(ObjectSettings.torchvision());
    AugmentationSettings lite = AugmentationSettings.torchvisionLite();
    assertThat(lite.colours()).isEqualTo(ColourSettings.none());
    assertThat(lite.expand().probability()).isZero();
    assertThat(lite.crop()).isEqualTo(torchvision.crop());
  }

  @Test
  void imagesWithoutObjectsAreLeftOutWhereTheSourceDoes() {
    Annotation object = new Annotation(0, 1, 1, 9, 9, false, false, 64);
    Dataset mixed = dataset("mixed", List.of(object), List.of());
    Splits splits = new Splits(mixed, mixed, "");

    Splits nvidia = Recipe.find("nvidia-coco").of(splits);
    assertThat(nvidia.train().size()).isEqualTo(1);
    assertThat(nvidia.validation().size()).isEqualTo(1);
    assertThat(nvidia.train().remarks())
        .containsExactly("1 of 2 images have no object and are left out");
    Splits torchvision = Recipe.find("torchvision-coco").of(splits);
    assertThat(torchvision.train().size()).isEqualTo(1);
    assertThat(torchvision.validation().size()).isEqualTo(2);
    assertThat(Recipe.find("paper-coco").of(splits).train().size()).isEqualTo(2);
  }

  @Test
  void refusesToMeasureOnNothing() {
    Annotation object = new Annotation(0, 1, 1, 9, 9, false, false, 64);
    Dataset training = dataset("training", List.of(object));
    Dataset empty = dataset("empty", List.of());
    Splits splits = new Splits(training, empty, "");
    Recipe recipe = Recipe.find("nvidia-coco");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> recipe.of(splits))
        .withMessage(
            "recipe: nvidia-coco measures on images with objects, empty has none; name another"
                + " split with --val-split");
  }

  @SafeVarargs
  private static Dataset dataset(String name, List<Annotation>... objects) {
    List<ImageRecord> images = new ArrayList<>();
    for (List<Annotation> of : objects) {
      images.add(new ImageRecord("i" + images.size(), Path.of("image.jpg"), 10, 10, of));
    }
    return new Dataset(name, List.of("thing"), images);
  }

  @Test
  void refusesARecipeThatDoesNotExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Recipe.find("paper"))
        .withMessage(
            "recipe: there is no 'paper'; there is shapes, scratch, paper-voc, paper-coco,"
                + " nvidia-coco, torchvision-coco, torchvision-lite-coco");
  }
}
