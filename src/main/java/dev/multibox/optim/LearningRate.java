package dev.multibox.optim;

import dev.multibox.backend.Checks;
import java.util.List;

/** The learning rate by iteration, counted from 0. */
public sealed interface LearningRate {
  /** The rate of update {@code iteration}. */
  float at(long iteration);

  /** The same rate throughout. */
  record Constant(float rate) implements LearningRate {
    public Constant {
      Checks.positive("learningRate", "rate", rate);
    }

    @Override
    public float at(long iteration) {
      return rate;
    }
  }

  /**
   * {@code base gamma^m}, where m milestones have been reached: Caffe's multistep.
   *
   * @param base the first rate
   * @param milestones the iterations at which the rate drops, ascending
   * @param gamma the factor of each drop, 0.1 in SSD
   */
  record MultiStep(float base, List<Long> milestones, float gamma) implements LearningRate {
    public MultiStep {
      Checks.positive("learningRate", "base", base);
      Checks.positive("learningRate", "gamma", gamma);
      milestones = List.copyOf(milestones);
      for (int i = 1; i < milestones.size(); i++) {
        Checks.require(
            "learningRate",
            milestones.get(i - 1) < milestones.get(i),
            "milestones were %s, wanted them ascending",
            milestones);
      }
    }

    @Override
    public float at(long iteration) {
      long reached = milestones.stream().filter(milestone -> milestone <= iteration).count();
      return (float) (base * Math.pow(gamma, (double) reached));
    }
  }

  /**
   * {@code base (1 + cos(pi i / iterations)) / 2}: half a wave from {@code base} to nothing.
   *
   * @param base the first rate
   * @param iterations how long the fall takes
   */
  record Cosine(float base, long iterations) implements LearningRate {
    public Cosine {
      Checks.positive("learningRate", "base", base);
      Checks.require(
          "learningRate", iterations > 0, "iterations were %d, wanted at least 1", iterations);
    }

    @Override
    public float at(long iteration) {
      double part = (double) Math.min(iteration, iterations) / iterations;
      return (float) (base * (1 + Math.cos(Math.PI * part)) / 2);
    }
  }

  /**
   * A linear rise to another schedule: in iteration i of the first {@code iterations} the rate is
   * {@code after(i) (start + (1 - start) i / iterations)}; from then on it is exactly the other's.
   *
   * @param iterations how long the rise takes, 0 for none
   * @param start the factor of iteration 0
   * @param after the schedule it rises to
   */
  record WarmUp(long iterations, float start, LearningRate after) implements LearningRate {
    public WarmUp {
      Checks.require(
          "learningRate", iterations >= 0, "warm-up was %d, wanted at least 0", iterations);
      Checks.require(
          "learningRate", start >= 0 && start <= 1, "start was %s, wanted 0 to 1", start);
    }

    @Override
    public float at(long iteration) {
      if (iteration >= iterations) {
        return after.at(iteration);
      }
      return after.at(iteration) * (start + (1 - start) * iteration / iterations);
    }
  }
}
