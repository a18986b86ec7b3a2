package dev.multibox.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.multibox.backend.ImagePlan.Resize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoaderTest {
  private static final Dataset DATASET = dataset(23);

  @Test
  void batchesDependNeitherOnWorkersNorOnHowLongFilesTake() throws Exception {
    List<String> alone = batches(settings(4, 1, true, true, 0), image -> pixels(image), 0, 0, 12);
    List<String> many = batches(settings(4, 5, true, true, 0), LoaderTest::slowly, 0, 0, 12);
    assertThat(many).isEqualTo(alone);
    assertThat(new HashSet<>(alone)).hasSize(12);
  }

  @Test
  void anotherSeedGivesOtherBatches() throws Exception {
    LoaderSettings settings =
        new LoaderSettings(4, 1, 2, 2, AugmentationSettings.caffe(), true, true, 0);
    assertThat(batches(settings, LoaderTest::pixels, 0, 0, 3))
        .isNotEqualTo(batches(settings(4, 1, true, true, 0), LoaderTest::pixels, 0, 0, 3));
  }

  @Test
  void continuesAnywhereAsIfNeverStopped() throws Exception {
    LoaderSettings settings = settings(4, 3, true, true, 0);
    List<String> whole = batches(settings, LoaderTest::slowly, 0, 0, 20);
    // Five whole batches of four in an epoch of 23.
    assertThat(batches(settings, LoaderTest::slowly, 2, 3, 7)).isEqualTo(whole.subList(13, 20));
    try (Loader loader = new Loader(DATASET, settings, LoaderTest::slowly)) {
      loader.next();
      loader.seek(1, 1);
      assertThat(describe(loader.next())).isEqualTo(whole.get(6));
      assertThatThrownBy(() -> loader.seek(0, 5))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("batch 5 of epoch 0, wanted one of 5 batches");
    }
  }

  @Test
  void anEpochHoldsEveryImageOnce() throws Exception {
    try (Loader loader = new Loader(DATASET, settings(4, 2, false, true, 0), LoaderTest::pixels)) {
      assertThat(loader.batchesPerEpoch()).isEqualTo(6);
      List<List<String>> epochs = new ArrayList<>();
      for (int epoch = 0; epoch < 2; epoch++) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          Batch batch = loader.next();
          assertThat(batch.epoch()).isEqualTo(epoch);
          assertThat(batch.index()).isEqualTo(i);
          assertThat(batch.size()).isEqualTo(i < 5 ? 4 : 3);
          batch.samples().forEach(sample -> ids.add(sample.image().id()));
        }
        assertThat(ids).doesNotHaveDuplicates().hasSize(23);
        epochs.add(ids);
      }
      assertThat(epochs.get(0)).isNotEqualTo(epochs.get(1));
    }
  }

  @Test
  void evaluationKeepsTheOrderAndTheLastImages() throws Exception {
    try (Loader loader =
        new Loader(
            DATASET, LoaderSettings.evaluation(10, 2, Resize.BILINEAR, 0), LoaderTest::slowly)) {
      List<ImageRecord> seen = new ArrayList<>();
      for (int i = 0; i < loader.batchesPerEpoch(); i++) {
        for (Sample sample : loader.next().samples()) {
          seen.add(sample.image());
          assertThat(sample.plan().image().crop().width()).isEqualTo(sample.image().width());
        }
      }
      assertThat(seen).isEqualTo(DATASET.images());
    }
  }

  @Test
  void aFileThatCannotBeReadIsNamedAndFailsAgain() throws Exception {
    LoaderSettings settings = settings(4, 3, false, false, 0);
    try (Loader loader =
        new Loader(
            DATASET,
            settings,
            image -> {
              if (image.id().equals("image6")) {
                throw new IOException(image.file() + ": is broken");
              }
              return pixels(image);
            })) {
      loader.next();
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(loader::next)
            .isInstanceOf(IOException.class)
            .hasMessage("image6.jpg: is broken");
      }
      loader.seek(0, 2);
      assertThat(loader.next().index()).isEqualTo(2);
    }
  }

  @Test
  void anImageOfAnotherSizeThanAnnotatedIsRefused() throws Exception {
    try (Loader loader =
        new Loader(
            DATASET, settings(4, 1, false, false, 0), _ -> new PixelBuffer(2, 3, new byte[18]))) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("image0.jpg: is 2 x 3, its annotation says 8 x 6");
    }
  }

  @Test
  void closingInTheMiddleEndsAtOnce() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Loader loader =
        new Loader(
            DATASET,
            settings(4, 2, false, false, 0),
            image -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              return pixels(image);
            });
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    CountDownLatch waiting = new CountDownLatch(1);
    Thread consumer =
        Thread.ofPlatform()
            .start(() -> {
              waiting.countDown();
              try {
                loader.next();
              } catch (IOException | InterruptedException | RuntimeException e) {
                thrown.set(e);
              }
            });
    waiting.await();
    TimeUnit.MILLISECONDS.sleep(20);
    loader.close();
    consumer.join();
    assertThat(thrown.get()).isInstanceOf(IllegalStateException.class).hasMessage("loader: closed");
    assertThatThrownBy(loader::next)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("loader: closed");
    loader.close();
  }

  @Test
  void imagesThatFitAreDecodedOnce() throws Exception {
    AtomicInteger decoded = new AtomicInteger();
    ImageCache.Source counting =
        image -> {
          decoded.incrementAndGet();
          return pixels(image);
        };
    long one = 8 * 6 * 3;
    for (int kept : new int[] {0, 10, 23, 100}) {
      decoded.set(0);
      // One worker ahead of nobody: no image is asked for twice at a time.
      try (Loader loader =
          new Loader(DATASET, settings(1, 1, false, false, kept * one), counting)) {
        for (int i = 0; i < 46; i++) {
          loader.next();
        }
        loader.seek(0, 0);
      }
      // Two epochs, and up to three images ahead.
      int twice = 23 - Math.min(23, kept);
      assertThat(decoded.get()).isBetween(23 + twice, 23 + twice + 3);
    }
  }

  @Test
  void namesTheBatchThatComesNextWhateverIsWorkedOnAhead() throws Exception {
    try (Loader loader =
        new Loader(dataset(8), settings(4, 1, true, true, 0), LoaderTest::pixels)) {
      assertThat(loader.position()).isEqualTo(new Loader.Position(0, 0));
      loader.next();
      assertThat(loader.position()).isEqualTo(new Loader.Position(0, 1));
      loader.next();
      assertThat(loader.position()).isEqualTo(new Loader.Position(1, 0));
      loader.seek(5, 1);
      assertThat(loader.position()).isEqualTo(new Loader.Position(5, 1));
    }
  }

  @Test
  void refusesADataSetWithoutABatch() {
    assertThatThrownBy(() -> new Loader(dataset(3), settings(4, 1, true, true, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 3 images, wanted a batch of 4");
    assertThatThrownBy(() -> settings(0, 1, true, true, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("batchSize was 0");
  }

  private static LoaderSettings settings(
      int batchSize, int workers, boolean dropLast, boolean shuffle, long cacheBytes) {
    return new LoaderSettings(
        batchSize, workers, 2, 1, AugmentationSettings.caffe(), dropLast, shuffle, cacheBytes);
  }

  private static List<String> batches(
      LoaderSettings settings, ImageCache.Source source, int epoch, int index, int count)
      throws IOException, InterruptedException {
    List<String> batches = new ArrayList<>();
    try (Loader loader = new Loader(DATASET, settings, source)) {
      loader.seek(epoch, index);
      for (int i = 0; i < count; i++) {
        batches.add(describe(loader.next()));
      }
    }
    return batches;
  }

  private static String describe(Batch batch) {
    StringBuilder text =
        new StringBuilder().append(batch.epoch()).append('/').append(batch.index());
    Set<String> ids = new HashSet<>();
    for (Sample sample : batch.samples()) {
      ids.add(sample.image().id());
      text.append(' ').append(sample.image().id()).append(sample.plan());
      assertThat(sample.pixels().value(0, 0, 0)).isEqualTo(number(sample.image()));
    }
    assertThat(ids).hasSize(batch.size());
    return text.toString();
  }

  private static PixelBuffer slowly(ImageRecord image) throws IOException {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextInt(4));
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    return pixels(image);
  }

  private static PixelBuffer pixels(ImageRecord image) {
    byte[] rgb = new byte[8 * 6 * 3];
    rgb[0] = (byte) number(image);
    return new PixelBuffer(8, 6, rgb);
  }

  private static int number(ImageRecord image) {
    return Integer.parseInt(image.id().substring("image".length()));
  }

  private static Dataset dataset(int size) {
    List<ImageRecord> images = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      images.add(
          new ImageRecord(
              "image" + i,
              Path.of("image" + i + ".jpg"),
              8,
              6,
              List.of(new Annotation(0, 1, 1, 5, 5, false, false, 16))));
    }
    return new Dataset("images", List.of("thing"), images);
  }
}
