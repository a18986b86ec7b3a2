package dev.multibox.train;

import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.SgdParams.MomentumForm;
import dev.multibox.data.AugmentationSettings;
import dev.multibox.eval.Metric;
import dev.multibox.optim.Sgd;
import dev.multibox.train.TrainingSchedule.Fall;
import dev.multibox.train.TrainingSchedule.Length;
import dev.multibox.train.TrainingSchedule.WarmUp;
import java.util.List;

/**
 * How the published SSDs were trained:
 *
 * <pre>
 *                   paper-voc     paper-coco    nvidia-coco     torchvision-coco
 * matching          bipartite     bipartite     DALI's, > 0.5   best prior each
 * divisor           positives of the batch      of each image   of the batch
 * rate for 32       1e-3          1e-3          2.6e-3          2e-3
 * length            120k steps    400k steps    65 epochs       120 epochs
 * tenth at          80k, 100k     280k, 360k    43, 54          80, 110
 * warm-up           none          none          300 steps       1000 steps or an epoch
 * decay 5e-4 of     filters       filters       filters         everything
 * biases' rate      doubled       doubled       the same        the same
 * momentum 0.9      of updates    of updates    of gradients    of gradients
 * colours           OpenCV's      OpenCV's      DALI's          Pillow's
 * canvas            to 4 sides    to 4 sides    none            to 4 sides
 * crop overlaps     an object     an object     all objects     an object in it
 * trained on        no crowds     no crowds     crowds too      no crowds
 * images            all           all           with objects    with objects
 * resized           five ways     five ways     antialiased     bilinear
 * frozen            nothing       nothing       nothing         conv1_1, conv1_2
 * measured by       VOC07         COCO          COCO            COCO
 *   images          all           all           with objects    all
 *   resized         bilinear      bilinear      antialiased     bilinear
 * scores above      0.01          0.01          0.05            0.01
 * of a class        400           400           200             400
 * overlap           0.45          0.45          less than 0.5   0.45
 * of an image       200           200           200             200
 * </pre>
 *
 * <p>{@code torchvision-lite-coco} is torchvision's for SSDlite: crops and flips alone, 660 epochs
 * along a cosine from 0.15 for 192 images, a decay of 4e-5, nothing frozen, and SSDlite's
 * suppression.
 *
 * <p>The other rates are stated for 32 images a step. Caffe divides its loss by the positives of
 * each device; with one, that is the batch. Its evaluator of VOC has boxes in parts of the image,
 * where ours counts pixels as the devkit does.
 */
final class PublishedRecipes {
  private static final int BATCH = 32;
  private static final float MOMENTUM = 0.9f;
  private static final float WEIGHT_DECAY = 5e-4f;

  private PublishedRecipes() {}

  /** The release's ssd_pascal script, with the expansion of section 3.6 of the paper. */
  static Recipe paperVoc() {
    return paper("paper-voc", 120_000, Fall.at(80.0 / 120, 100.0 / 120), Metric.VOC07);
  }

  /** The release's ssd_coco script. */
  static Recipe paperCoco() {
    return paper("paper-coco", 400_000, Fall.at(280.0 / 400, 360.0 / 400), Metric.COCO);
  }

  private static Recipe paper(String name, long steps, Fall fall, Metric metric) {
    return new Recipe(
        name,
        MatchParams.caffe(),
        LossParams.caffe(),
        AugmentationSettings.caffe(),
        new Sgd.Settings(MOMENTUM, WEIGHT_DECAY, MomentumForm.RATE_INSIDE, Sgd.Decay.WEIGHTS, 2),
        new TrainingSchedule(1e-3f, BATCH, new Length.Steps(steps), WarmUp.none(), fall),
        List.of(),
        new EvaluationProtocol(metric, Resize.BILINEAR, NmsParams.caffe(), false));
  }

  /**
   * NVIDIA's SSD300 v1.1 with the warm-up of its scripts. Theirs leaves the rate at 299 / 300 of
   * what it should rise to until the first drop; here it rises all the way.
   */
  static Recipe nvidiaCoco() {
    return new Recipe(
        "nvidia-coco",
        MatchParams.dali(),
        LossParams.nvidia(),
        AugmentationSettings.nvidia(),
        new Sgd.Settings(MOMENTUM, WEIGHT_DECAY, MomentumForm.RATE_OUTSIDE, Sgd.Decay.WEIGHTS, 1),
        new TrainingSchedule(
            2.6e-3f,
            BATCH,
            new Length.Epochs(65),
            new WarmUp(300, 0, false),
            Fall.at(43.0 / 65, 54.0 / 65)),
        List.of(),
        new EvaluationProtocol(Metric.COCO, Resize.BILINEAR_ANTIALIAS, NmsParams.nvidia(), true));
  }

  /**
   * torchvision's references for ssd300_vgg16. From ImageNet weights it leaves the first of five
   * stages of the backbone as it is.
   */
  static Recipe torchvisionCoco() {
    return new Recipe(
        "torchvision-coco",
        MatchParams.torchvision(),
        LossParams.torchvision(),
        AugmentationSettings.torchvision(),
        new Sgd.Settings(MOMENTUM, WEIGHT_DECAY, MomentumForm.RATE_OUTSIDE, Sgd.Decay.ALL, 1),
        new TrainingSchedule(
            2e-3f,
            BATCH,
            new Length.Epochs(120),
            new WarmUp(1000, 1e-3f, true),
            Fall.at(80.0 / 120, 110.0 / 120)),
        List.of("backbone.conv1_1.", "backbone.conv1_2."),
        new EvaluationProtocol(Metric.COCO, Resize.BILINEAR, NmsParams.torchvision(), false));
  }

  /** torchvision's references for ssdlite320_mobilenet_v3_large, from random weights. */
  static Recipe torchvisionLiteCoco() {
    return new Recipe(
        "torchvision-lite-coco",
        MatchParams.torchvision(),
        LossParams.torchvision(),
        AugmentationSettings.torchvisionLite(),
        new Sgd.Settings(MOMENTUM, 4e-5f, MomentumForm.RATE_OUTSIDE, Sgd.Decay.ALL, 1),
        new TrainingSchedule(
            0.15f,
            8 * 24,
            new Length.Epochs(660),
            new WarmUp(1000, 1e-3f, true),
            new Fall.Cosine()),
        List.of(),
        new EvaluationProtocol(
            Metric.COCO, Resize.BILINEAR, NmsParams.torchvisionSsdLite(), false));
  }
}
