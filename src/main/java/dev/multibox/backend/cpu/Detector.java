package dev.multibox.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Scope;
import dev.multibox.backend.Priors;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The end of inference, for as many images at a time as there are threads, so that its arrays stay
 * small: scores and boxes cell by cell, suppression class by class, the best of all image by image.
 */
final class Detector {
  private static final int TILE = 4096;

  private final Parallel parallel;

  /** One call: what every phase reads. */
  private record Call(
      HeadOutputs heads,
      CandidateScorer scorer,
      NmsParams params,
      int priors,
      int classes,
      int keptPerClass) {}

  /** {@code [images, K, P]}: the score of a candidate, 0 of what is none. */
  private float[] scores = new float[0];

  /** {@code [images, P, 4]}: decoded where a prior has a candidate. */
  private float[] boxes = new float[0];

  /** {@code [images, K, keptPerClass]}: ranking keys of what suppression left. */
  private long[] kept = new long[0];

  /** {@code [images, K]}. */
  private int[] keptCounts = new int[0];

  private float[] centres = new float[0];

  Detector(Parallel parallel) {
    this.parallel = parallel;
  }

  void detect(
      HeadOutputs heads,
      Priors priors,
      BoxCoding coding,
      NmsParams params,
      float imageWidth,
      float imageHeight,
      Detections out) {
    int count = priors.count();
    int classes = heads.classes();
    int images = Math.min(heads.batch(), parallel.threads());
    int limit = params.candidatesPerClass() == 0 ? count : params.candidatesPerClass();
    int keptPerClass = Math.min(count, Math.min(limit, params.topK()));
    reserve(images, count, classes, keptPerClass);
    FloatStretch.read(parallel.shared(), priors.centres(), 0, 4 * count, centres);
    CandidateScorer scorer =
        new CandidateScorer(
            params, new BoxCoder(coding, centres), classes, imageWidth, imageHeight);
    Call call = new Call(heads, scorer, params, count, classes, keptPerClass);
    for (int first = 0; first < heads.batch(); first += images) {
      group(call, first, Math.min(images, heads.batch() - first), out);
    }
  }

  private void reserve(int images, int priors, int classes, int keptPerClass) {
    int values = Math.multiplyExact(Math.multiplyExact(images, classes), priors);
    if (scores.length < values) {
      scores = new float[values];
    }
    if (boxes.length < 4 * images * priors) {
      boxes = new float[4 * images * priors];
    }
    if (kept.length < images * classes * keptPerClass) {
      kept = new long[images * classes * keptPerClass];
    }
    if (keptCounts.length < images * classes) {
      keptCounts = new int[images * classes];
    }
    if (centres.length < 4 * priors) {
      centres = new float[4 * priors];
    }
  }

  private void group(Call call, int firstImage, int images, Detections out) {
    for (int level = 0; level < call.heads().levels().size(); level++) {
      score(call, level, firstImage, images);
    }
    parallel.forChunks(
        (long) images * (call.classes() - 1),
        1,
        (scratch, _, from, to) -> {
          for (long i = from; i < to; i++) {
            int image = (int) (i / (call.classes() - 1));
            suppress(call, scratch, image, 1 + (int) (i % (call.classes() - 1)));
          }
        });
    parallel.forChunks(
        images,
        1,
        (scratch, _, from, to) -> {
          for (int image = (int) from; image < to; image++) {
            gather(call, scratch, image, firstImage + image, out);
          }
        });
  }

  private void score(Call call, int level, int firstImage, int images) {
    HeadLayout layout = call.heads().layouts().get(level);
    int perImage = layout.height() * layout.width();
    int perCell = layout.priorsPerCell();
    parallel.forChunks(
        (long) images * perImage,
        Math.max(1, TILE / layout.channels()),
        (scratch, _, from, to) -> {
          int values = (int) (to - from) * layout.channels();
          float[] tile = scratch.floats(0, values);
          float[] row = scratch.floats(1, call.classes());
          long firstCell = (long) firstImage * perImage + from;
          FloatStretch.read(
              scratch,
              call.heads().levels().get(level),
              firstCell * layout.channels(),
              values,
              tile);
          for (int cell = (int) from; cell < to; cell++) {
            int image = cell / perImage;
            int prior = layout.firstPrior() + cell % perImage * perCell;
            int at = (cell - (int) from) * layout.channels();
            for (int a = 0; a < perCell; a++) {
              boolean candidate = call.scorer().score(tile, at + layout.logit(a, 0), row);
              scatter(call, row, image, prior + a);
              if (candidate) {
                int box = 4 * (image * call.priors() + prior + a);
                call.scorer().box(tile, at + layout.offset(a, 0), prior + a, boxes, box);
              }
            }
          }
        });
    if (call.params().candidatesPerLevel() > 0
        && layout.priors() > call.params().candidatesPerLevel()) {
      parallel.forChunks(
          images,
          1,
          (scratch, _, from, to) -> {
            for (int image = (int) from; image < to; image++) {
              thin(call, scratch, image, layout);
            }
          });
    }
  }

  private void scatter(Call call, float[] row, int image, int prior) {
    int at = image * call.classes() * call.priors() + prior;
    for (int k = 1; k < call.classes(); k++) {
      scores[at + k * call.priors()] = row[k];
    }
  }

  /** Keeps of one level the priors with the largest scores, as {@code candidatesPerLevel} says. */
  private void thin(Call call, Scratch scratch, int image, HeadLayout layout) {
    float[] best = scratch.floats(0, layout.priors());
    Arrays.fill(best, 0, layout.priors(), 0);
    for (int k = 1; k < call.classes(); k++) {
      int at = (image * call.classes() + k) * call.priors() + layout.firstPrior();
      for (int p = 0; p < layout.priors(); p++) {
        best[p] = Math.max(best[p], scores[at + p]);
      }
    }
    long[] keys = scratch.longs(layout.priors());
    for (int p = 0; p < layout.priors(); p++) {
      keys[p] = Ranking.nanLast(best[p], p);
    }
    Ranking.select(keys, layout.priors(), call.params().candidatesPerLevel());
    for (int i = call.params().candidatesPerLevel(); i < layout.priors(); i++) {
      int at =
          image * call.classes() * call.priors() + layout.firstPrior() + Ranking.index(keys[i]);
      for (int k = 1; k < call.classes(); k++) {
        scores[at + k * call.priors()] = 0;
      }
    }
  }

  private void suppress(Call call, Scratch scratch, int image, int k) {
    int list = image * call.classes() + k;
    long[] keys = scratch.longs(call.priors());
    int count = 0;
    for (int p = 0; p < call.priors(); p++) {
      float score = scores[list * call.priors() + p];
      if (score > 0) {
        keys[count++] = Ranking.nanLast(score, p);
      }
    }
    int limit = call.params().candidatesPerClass();
    if (limit > 0 && limit < count) {
      Ranking.select(keys, count, limit);
      count = limit;
    }
    Arrays.sort(keys, 0, count);
    Suppression suppression =
        new Suppression(call.params().iouThreshold(), call.params().overlap(), call.keptPerClass());
    int left = suppression.run(keys, count, boxes, image * call.priors(), scratch.boxes());
    System.arraycopy(keys, 0, kept, list * call.keptPerClass(), left);
    keptCounts[list] = left;
  }

  private void gather(Call call, Scratch scratch, int image, int n, Detections out) {
    long[] keys = scratch.longs(call.classes() * call.keptPerClass());
    int count = 0;
    for (int k = 1; k < call.classes(); k++) {
      int list = image * call.classes() + k;
      for (int i = 0; i < keptCounts[list]; i++) {
        // Places are ordered by class, then rank: equal scores come by class, then by prior.
        int place = list * call.keptPerClass() + i;
        keys[count++] = Ranking.nanLast(Ranking.value(kept[place]), place);
      }
    }
    int capacity = out.scores().shape().intDim(1);
    int taken = Math.min(count, capacity);
    if (call.params().scope() == Scope.PER_IMAGE) {
      Ranking.select(keys, count, taken);
    }
    Arrays.sort(keys, 0, taken);
    write(call, scratch, image, n, keys, taken, out);
  }

  private void write(
      Call call, Scratch scratch, int image, int n, long[] keys, int count, Detections out) {
    int capacity = out.scores().shape().intDim(1);
    float[] corners = scratch.floats(0, 4 * capacity);
    float[] values = scratch.floats(1, capacity);
    int[] labels = scratch.ints(0, capacity);
    Arrays.fill(corners, 4 * count, 4 * capacity, 0);
    Arrays.fill(values, count, capacity, 0);
    Arrays.fill(labels, count, capacity, 0);
    for (int i = 0; i < count; i++) {
      int place = Ranking.index(keys[i]);
      int box = image * call.priors() + Ranking.index(kept[place]);
      System.arraycopy(boxes, 4 * box, corners, 4 * i, 4);
      if (call.params().clip() == Clip.AFTER_NMS) {
        call.scorer().clip(corners, 4 * i);
      }
      values[i] = Ranking.value(keys[i]);
      labels[i] = place / call.keptPerClass() % call.classes();
    }
    FloatStretch.write(scratch, corners, 4 * capacity, out.boxes(), 4L * n * capacity);
    FloatStretch.write(scratch, values, capacity, out.scores(), (long) n * capacity);
    MemorySegment.copy(
        labels, 0, out.labels().host(), JAVA_INT, (long) n * capacity * Integer.BYTES, capacity);
    out.counts().host().setAtIndex(JAVA_INT, n, count);
  }
}
