package dev.multibox.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.BackendSource;
import dev.multibox.backend.Backend;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.MatchParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.Box;
import dev.multibox.data.ImageRecord;
import dev.multibox.data.PixelBuffer;
import dev.multibox.data.Sample;
import dev.multibox.data.SamplePlan;
import dev.multibox.model.ModelRegistry;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdNetwork;
import dev.multibox.picture.ClassNames;
import dev.multibox.picture.ContactSheet;
import dev.multibox.picture.Picture;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SeenSampleTest {
  private static final int SIZE = 64;

  private static PixelBuffer noise() {
    byte[] rgb = new byte[SIZE * SIZE * 3];
    new Random(1).nextBytes(rgb);
    return new PixelBuffer(SIZE, SIZE, rgb);
  }

  private static Sample sample(boolean flipped, SamplePlan.Target... targets) {
    ImagePlan whole = ImagePlan.whole(SIZE, SIZE, Resize.BILINEAR);
    ImagePlan plan =
        new ImagePlan(List.of(), whole.canvas(), whole.crop(), flipped, whole.resize());
    ImageRecord image = new ImageRecord("noise", Path.of("noise.png"), SIZE, SIZE, List.of());
    return new Sample(image, noise(), new SamplePlan(plan, List.of(targets)));
  }

  private static SsdNetwork network(Backend backend) {
    return new SsdNetwork(
        new Ssd.Config(ModelRegistry.find("ssd-tiny"), SIZE, SIZE, 4), backend.channelMultiple());
  }

  @BackendSource
  void pixelsAreThoseBeforeNormalisation(Backend backend) {
    for (Normalisation normalisation : List.of(Normalisation.caffe(), Normalisation.imageNet())) {
      try (TensorArena arena = backend.newArena()) {
        Tensor images = arena.zeros(Shape.of(1, SIZE, SIZE, 3), DType.F32);
        new ImageBatch(backend, 0, arena).prepare(List.of(sample(false)), normalisation, images);

        assertThat(SeenPixels.of(backend.floats(images), images.shape(), normalisation).rgb())
            .isEqualTo(noise().rgb());
      }
    }
  }

  @BackendSource
  void whatIsSeenIsWhatAugmentationMade(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      TrainingInput input =
          new TrainingInput(backend, network(backend), MatchParams.caffe(), 1, 1, arena);
      SamplePlan.Target target = new SamplePlan.Target(2, 0, 0, 0.5f, 0.5f);
      List<Sample> samples = List.of(sample(true, target));
      input.prepare(samples);
      SeenSample seen = input.seen(samples, 1).getFirst();

      assertThat(seen.targets()).containsExactly(target);
      for (int x = 0; x < SIZE; x++) {
        assertThat(seen.pixels().value(x, 7, 1)).isEqualTo(noise().value(SIZE - 1 - x, 7, 1));
      }
    }
  }

  @BackendSource
  void positivesAreThePriorsTheMatchingOpChose(Backend backend) {
    try (TensorArena arena = backend.newArena()) {
      SsdNetwork network = network(backend);
      float[] corners = network.priors().corners();
      int chosen = network.priors().count() / 2;
      Box prior =
          new Box(
              corners[4 * chosen],
              corners[4 * chosen + 1],
              corners[4 * chosen + 2],
              corners[4 * chosen + 3]);
      SamplePlan.Target same =
          new SamplePlan.Target(3, prior.xmin(), prior.ymin(), prior.xmax(), prior.ymax());
      SamplePlan.Target small = new SamplePlan.Target(1, 0.01f, 0.01f, 0.05f, 0.04f);
      TrainingInput input = new TrainingInput(backend, network, MatchParams.caffe(), 2, 2, arena);
      List<Sample> samples = List.of(sample(false, small), sample(false, small, same));
      input.prepare(samples);
      List<SeenSample> seen = input.seen(samples, 2);

      // The small object reaches no threshold, so the one prior it is given by force is all.
      assertThat(seen.getFirst().positives()).hasSize(1);
      assertThat(seen.getLast().positives())
          .contains(new SeenSample.Positive(prior, 1))
          .filteredOn(positive -> positive.target() == 1)
          .allMatch(positive -> positive.prior().iou(prior) >= 0.5f);
      int positives = 0;
      for (int label : backend.ints(input.classTargets())) {
        positives += label > 0 ? 1 : 0;
      }
      assertThat(seen.getFirst().positives().size() + seen.getLast().positives().size())
          .isEqualTo(positives);
    }
  }

  @Test
  void aSheetShowsEverySample() throws IOException {
    SeenSample sample =
        new SeenSample(
            "noise",
            noise(),
            List.of(new SamplePlan.Target(1, 0.2f, 0.2f, 0.6f, 0.6f)),
            List.of(new SeenSample.Positive(new Box(0.1f, 0.2f, 0.6f, 0.6f), 0)));
    ClassNames names = ClassNames.of(List.of("cat"));
    Picture one = SampleSheet.of("one", List.of(sample), names, true);
    Picture three = SampleSheet.of("three", List.of(sample, sample, sample), names, true);

    assertThat(one.width()).isGreaterThan(ContactSheet.CELL);
    assertThat(three.width()).isGreaterThan(2 * ContactSheet.CELL);
  }
}
