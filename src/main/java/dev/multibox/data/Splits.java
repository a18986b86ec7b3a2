package dev.multibox.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is trained on and what it is judged by during training. The test split is never taken unless
 * it is named.
 *
 * @param train the images trained on
 * @param validation the images that show progress
 * @param description one line that says where both came from, for a user
 */
public record Splits(Dataset train, Dataset validation, String description) {
  private static final double HELD_OUT = 0.1;

  /**
   * Train is the split named, else {@code train}, else {@code trainval}; validation the split
   * named, else the one that goes with train ({@code val} with {@code train}, {@code val2017} with
   * {@code train2017}), else a tenth of the training images, held out by {@code seed}. Names mean
   * what {@link DatasetReader#find} finds.
   *
   * @throws IOException if no split is fit for training, one cannot be read, or both have other
   *     categories
   */
  public static Splits choose(
      DatasetReader reader,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed)
      throws IOException {
    return choose(reader, trainSplit, validationSplit, seed, Faults.REFUSED);
  }

  /** The same with what {@code faults} lets pass. */
  public static Splits choose(
      DatasetReader reader,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed,
      Faults faults)
      throws IOException {
    String train =
        trainSplit == null ? defaultTrainSplit(reader) : reader.find(trainSplit).orElse(trainSplit);
    Dataset trainSet = notEmpty(reader, train, faults);
    if (trainSet.objectCount() == 0) {
      throw new IOException(
          "%s: no image of split %s has an object, so there is nothing to learn; annotate some"
              .formatted(reader.name(), train));
    }
    Optional<String> validation =
        validationSplit == null
            ? defaultValidationSplit(reader, train)
            : Optional.of(reader.find(validationSplit).orElse(validationSplit));
    if (validation.isEmpty()) {
      return holdOut(trainSet, train, seed);
    }
    Dataset validationSet = notEmpty(reader, validation.get(), faults);
    String unlike = validationSet.categoriesUnlike(trainSet.categories());
    if (!unlike.isEmpty()) {
      throw new IOException(
          "%s: split %s %s, unlike split %s; list the same categories for both"
              .formatted(reader.name(), validation.get(), unlike, train));
    }
    return new Splits(
        trainSet,
        validationSet.inOrder(trainSet.categories()),
        "training on split %s, validating on split %s (%d images)"
            .formatted(train, validation.get(), validationSet.size()));
  }

  private static String defaultTrainSplit(DatasetReader reader) throws IOException {
    for (String candidate : List.of("train", "trainval")) {
      Optional<String> found = reader.find(candidate);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new IOException(
        reader.splits().isEmpty()
            ? reader.name() + ": has no splits; list the images to train on as split train"
            : "%s: has no split named train; name one of %s with --train-split"
                .formatted(reader.name(), String.join(", ", reader.splits())));
  }

  // Of trainval, val is a part.
  private static Optional<String> defaultValidationSplit(DatasetReader reader, String train) {
    if (!train.matches("train\\d*")) {
      return Optional.empty();
    }
    String twin = train.replace("train", "val");
    return reader.splits().contains(twin) ? Optional.of(twin) : reader.find("val");
  }

  private static Dataset notEmpty(DatasetReader reader, String split, Faults faults)
      throws IOException {
    Dataset dataset = reader.read(split, faults);
    if (dataset.size() == 0) {
      throw new IOException(
          "%s: split %s lists no image; list some or name another split"
              .formatted(reader.name(), split));
    }
    return dataset;
  }

  private static Splits holdOut(Dataset all, String split, long seed) throws IOException {
    int held = Math.max(1, (int) Math.round(all.size() * HELD_OUT));
    if (held >= all.size()) {
      throw new IOException(
          "%s: %d image cannot be split into training and validation; name a split with --val-split"
              .formatted(all.name(), all.size()));
    }
    int[] order = SampleRandom.permutation(new SplittableRandom(seed), all.size());
    boolean[] isHeld = new boolean[all.size()];
    for (int i = 0; i < held; i++) {
      isHeld[order[i]] = true;
    }
    List<ImageRecord> train = new ArrayList<>();
    List<ImageRecord> validation = new ArrayList<>();
    for (int i = 0; i < isHeld.length; i++) {
      (isHeld[i] ? validation : train).add(all.images().get(i));
    }
    return new Splits(
        all.part(all.name(), train),
        // What there is to remark is said of the whole split, with the other part.
        all.part(all.name() + " (held out)", validation).with(List.of()),
        "training on %d images of split %s, validating on the %d others, held out by seed %d"
            .formatted(train.size(), split, held, seed));
  }
}
