package dev.multibox.data;

import dev.multibox.backend.Checks;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Decodes images and draws their plans on several threads, some batches ahead of the one asked for.
 *
 * <p>Batches come in the order of the epoch, and epoch follows epoch without end. What is in them
 * depends on data set, seed and position alone, never on the number of workers or on how long a
 * file took: {@link #seek} continues a run anywhere as if it had never stopped.
 *
 * <p>One thread asks for batches; any thread may close.
 */
public final class Loader implements AutoCloseable {
  private static final long CLOSE_SECONDS = 5;

  /**
   * A place between two batches, named by the one that comes next.
   *
   * @param epoch from 0
   * @param index within the epoch, from 0
   */
  public record Position(int epoch, int index) {}

  /** A batch being worked on. */
  private record Pending(int epoch, int index, List<Future<Sample>> samples) {}

  private final Dataset dataset;
  private final LoaderSettings settings;
  private final SampleRandom random;
  private final ImageCache images;
  private final ExecutorService workers;
  private final int batchesPerEpoch;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private int nextEpoch;
  private int nextIndex;
  private int orderedEpoch = -1;
  private int[] order = {};
  private volatile boolean closed;

  /**
   * Starts at the first batch of epoch 0.
   *
   * @throws IllegalArgumentException if there is not one batch in an epoch
   */
  public Loader(Dataset dataset, LoaderSettings settings) {
    this(dataset, settings, image -> ImageDecoder.decode(image.file()));
  }

  Loader(Dataset dataset, LoaderSettings settings, ImageCache.Source source) {
    this.dataset = dataset;
    this.settings = settings;
    this.random = new SampleRandom(settings.seed());
    this.images = new ImageCache(source, settings.cacheBytes());
    int size = dataset.size();
    this.batchesPerEpoch =
        settings.dropLast()
            ? Math.floorDiv(size, settings.batchSize())
            : Math.ceilDiv(size, settings.batchSize());
    Checks.require(
        "loader",
        batchesPerEpoch > 0,
        "%s has %d images, wanted a batch of %d",
        dataset.name(),
        size,
        settings.batchSize());
    this.workers =
        Executors.newFixedThreadPool(
            settings.workers(), Thread.ofPlatform().daemon().name("multibox-data-", 0).factory());
  }

  public int batchesPerEpoch() {
    return batchesPerEpoch;
  }

  /** Which batch {@link #next} gives. */
  public Position position() {
    Pending first = pending.peekFirst();
    return first == null
        ? new Position(nextEpoch, nextIndex)
        : new Position(first.epoch, first.index);
  }

  /**
   * Continues with batch {@code index} of an epoch.
   *
   * @throws IllegalArgumentException if there is no such batch
   */
  public void seek(int epoch, int index) {
    Checks.require(
        "loader",
        epoch >= 0 && index >= 0 && index < batchesPerEpoch,
        "batch %d of epoch %d, wanted one of %d batches",
        index,
        epoch,
        batchesPerEpoch);
    for (Pending batch : pending) {
      batch.samples.forEach(sample -> sample.cancel(false));
    }
    pending.clear();
    nextEpoch = epoch;
    nextIndex = index;
  }

  /**
   * The next batch, waiting for it where needed.
   *
   * @throws UnreadableImageException if one of its images cannot be read; the message names it.
   *     Asking again fails again
   * @throws InterruptedException if the calling thread is interrupted
   * @throws IllegalStateException if the loader is closed, before or while waiting
   */
  public Batch next() throws UnreadableImageException, InterruptedException {
    requireOpen();
    while (pending.size() <= settings.queueBatches()) {
      pending.addLast(submitNext());
    }
    Pending batch = pending.getFirst();
    List<Sample> samples = new ArrayList<>(batch.samples.size());
    for (Future<Sample> sample : batch.samples) {
      samples.add(await(sample));
    }
    pending.removeFirst();
    return new Batch(batch.epoch, batch.index, samples);
  }

  private Sample await(Future<Sample> sample)
      throws UnreadableImageException, InterruptedException {
    try {
      return sample.get();
    } catch (CancellationException _) {
      throw new IllegalStateException("loader: closed");
    } catch (ExecutionException e) {
      requireOpen();
      switch (e.getCause()) {
        case IOException cause -> throw new UnreadableImageException(cause);
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  private Pending submitNext() {
    if (orderedEpoch != nextEpoch) {
      order = settings.shuffle() ? random.order(nextEpoch, dataset.size()) : identity();
      orderedEpoch = nextEpoch;
    }
    int epoch = nextEpoch;
    int from = nextIndex * settings.batchSize();
    int to = Math.min(dataset.size(), from + settings.batchSize());
    List<Future<Sample>> samples = new ArrayList<>(to - from);
    try {
      for (int i = from; i < to; i++) {
        int image = order[i];
        samples.add(workers.submit(() -> sample(epoch, image)));
      }
    } catch (RejectedExecutionException _) {
      throw new IllegalStateException("loader: closed");
    }
    Pending batch = new Pending(epoch, nextIndex, samples);
    nextIndex++;
    if (nextIndex == batchesPerEpoch) {
      nextIndex = 0;
      nextEpoch++;
    }
    return batch;
  }

  private int[] identity() {
    int[] identity = new int[dataset.size()];
    for (int i = 0; i < identity.length; i++) {
      identity[i] = i;
    }
    return identity;
  }

  private Sample sample(int epoch, int index) throws IOException {
    ImageRecord image = dataset.images().get(index);
    SamplePlan plan = SamplePlan.draw(image, settings.augmentation(), random.sample(epoch, index));
    return new Sample(image, images.read(image), plan);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("loader: closed");
    }
  }

  /**
   * Drops what was not asked for and waits a moment for decoders at work; a caller in {@link #next}
   * gets an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    closed = true;
    // What had not begun would never be finished, and its caller wait for ever.
    for (Runnable task : workers.shutdownNow()) {
      if (task instanceof Future<?> future) {
        future.cancel(false);
      }
    }
    try {
      if (!workers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        // The threads are daemons: one that hangs in a file system cannot hold up the program.
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
