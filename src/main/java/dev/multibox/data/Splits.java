package dev.multibox.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
   * named, else {@code val} unless that is part of what is trained on, else a tenth of the training
   * images, held out by {@code seed}.
   *
   * @throws IOException if no split is fit for training, or one cannot be read
   */
  public static Splits choose(
      DatasetReader reader,
      @Nullable String trainSplit,
      @Nullable String validationSplit,
      long seed)
      throws IOException {
    String train = trainSplit == null ? defaultTrainSplit(reader) : trainSplit;
    Dataset trainSet = notEmpty(reader, train);
    String validation = validationSplit;
    if (validation == null && train.equals("train") && reader.splits().contains("val")) {
      validation = "val";
    }
    if (validation != null) {
      return new Splits(
          trainSet,
          notEmpty(reader, validation),
          "training on split %s, validating on split %s".formatted(train, validation));
    }
    return holdOut(trainSet, train, seed);
  }

  private static String defaultTrainSplit(DatasetReader reader) throws IOException {
    for (String candidate : List.of("train", "trainval")) {
      if (reader.splits().contains(candidate)) {
        return candidate;
      }
    }
    throw new IOException(
        "%s: has no split named train; name one of %s with --train-split"
            .formatted(reader.name(), String.join(", ", reader.splits())));
  }

  private static Dataset notEmpty(DatasetReader reader, String split) throws IOException {
    Dataset dataset = reader.read(split);
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
        new Dataset(all.name(), all.categories(), train),
        new Dataset(all.name() + " (held out)", all.categories(), validation),
        "training on %d images of split %s, validating on the %d others, held out by seed %d"
            .formatted(train.size(), split, held, seed));
  }
}
