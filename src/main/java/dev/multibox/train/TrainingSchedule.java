package dev.multibox.train;

import dev.multibox.optim.LearningRate;
import java.util.Arrays;
import java.util.List;

/**
 * How long a run is and how its learning rate goes.
 *
 * @param learningRate the rate after warm-up, for {@code referenceBatch} images a step
 * @param referenceBatch the batch the rate is stated for; another one scales it in proportion
 * @param length how long a run is unless told otherwise
 * @param warmUp the linear rise at its beginning
 * @param fall how the rate goes down
 */
public record TrainingSchedule(
    float learningRate, int referenceBatch, Length length, WarmUp warmUp, Fall fall) {
  private static final float DROP = 0.1f;

  /** The length of a run, in the unit its source states it in. */
  public sealed interface Length {
    /** The steps of {@code batch} images each that this is for a data set of {@code images}. */
    long iterations(long images, long batch);

    /** So many steps, whatever the data. */
    record Steps(long count) implements Length {
      @Override
      public long iterations(long images, long batch) {
        return count;
      }
    }

    /** So many passes over the data, the last step rounded up. */
    record Epochs(int count) implements Length {
      @Override
      public long iterations(long images, long batch) {
        return Math.max(1, Math.ceilDiv(count * images, batch));
      }
    }
  }

  /**
   * A rise in a line.
   *
   * @param steps its length, 0 for none; a tenth of a run that is shorter than ten times that
   * @param start the part of the rate that the first step has
   * @param withinEpoch whether it ends before the last step of the first epoch, as torchvision's
   */
  public record WarmUp(long steps, float start, boolean withinEpoch) {
    /** No rise. */
    public static WarmUp none() {
      return new WarmUp(0, 1, false);
    }

    /** The steps of a run of {@code iterations} with {@code epoch} steps in an epoch. */
    public long steps(long iterations, long epoch) {
      long most = withinEpoch ? Math.min(steps, Math.max(0, epoch - 1)) : steps;
      return Math.min(most, iterations / 10);
    }
  }

  /** How the rate goes down after its rise. */
  public sealed interface Fall {
    /** To a tenth at each of these parts of the run's length. */
    static Fall at(double... milestones) {
      return new Steps(Arrays.stream(milestones).boxed().toList());
    }

    /** To a tenth at each of these parts of the run's length. */
    record Steps(List<Double> milestones) implements Fall {
      public Steps {
        milestones = List.copyOf(milestones);
      }
    }

    /** Along half a wave to nothing at the run's end; torchvision goes there an epoch at a time. */
    record Cosine() implements Fall {}
  }

  /** The same with another rate. */
  public TrainingSchedule withLearningRate(float rate) {
    return new TrainingSchedule(rate, referenceBatch, length, warmUp, fall);
  }

  /** The rate after warm-up for steps of {@code batch} images. */
  public float learningRate(int batch) {
    return learningRate * batch / referenceBatch;
  }

  /** The steps of a run of {@code iterations} before which the rate drops; none along a wave. */
  public List<Long> drops(long iterations) {
    return switch (fall) {
      case Fall.Steps(List<Double> milestones) ->
          milestones.stream()
              .map(part -> Math.max(1, Math.round(part * iterations)))
              .distinct()
              .toList();
      case Fall.Cosine() -> List.of();
    };
  }

  /**
   * The rate of every step of a run.
   *
   * @param rate the one after warm-up
   * @param rise steps of the warm-up
   */
  public LearningRate rates(float rate, long rise, long iterations) {
    LearningRate after =
        switch (fall) {
          case Fall.Steps _ -> new LearningRate.MultiStep(rate, drops(iterations), DROP);
          case Fall.Cosine() -> new LearningRate.Cosine(rate, iterations);
        };
    return new LearningRate.WarmUp(rise, warmUp.start(), after);
  }
}
