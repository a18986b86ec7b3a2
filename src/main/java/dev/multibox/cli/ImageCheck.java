package dev.multibox.cli;

import dev.multibox.data.ImageDecoder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Decodes every image of a data set, which alone shows those that are cut short. */
final class ImageCheck {
  private static final Duration LINE_EVERY = Duration.ofSeconds(5);

  private final PrintWriter console;
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicReference<Instant> lastLine = new AtomicReference<>(Instant.now());

  /**
   * A check of images.
   *
   * @param console where a line now and then says how far it is
   */
  ImageCheck(PrintWriter console) {
    this.console = console;
  }

  /** What is wrong with the images, in their order. */
  List<String> faults(Collection<Path> images) {
    return images.parallelStream()
        .map(image -> {
          Optional<String> fault = fault(image);
          progress(done.incrementAndGet(), images.size());
          return fault;
        })
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<String> fault(Path image) {
    try {
      ImageDecoder.decode(image);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FileErrors.oneLine(e));
    }
  }

  private void progress(int count, int total) {
    Instant last = lastLine.get();
    Instant now = Instant.now();
    if (Duration.between(last, now).compareTo(LINE_EVERY) >= 0
        && lastLine.compareAndSet(last, now)) {
      console.printf("decoded %d of %d images%n", count, total);
      console.flush();
    }
  }
}
