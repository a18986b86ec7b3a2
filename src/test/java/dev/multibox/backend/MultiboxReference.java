package dev.multibox.backend;

import dev.multibox.backend.LossParams.Localisation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * SSD's loss over plain {@code [N, P, K]} and {@code [N, P, 4]} arrays, in double and by sorting.
 */
@SuppressWarnings("ArrayRecordComponent")
record MultiboxReference(
    int batch,
    int priors,
    int classes,
    float[] logits,
    float[] offsets,
    int[] classTargets,
    float[] offsetTargets) {

  /** Cross-entropy of prior {@code i} of the batch, its logit {@code bumped} raised by a step. */
  double crossEntropy(int i, int bumped, double step) {
    double sum = 0;
    double wanted = 0;
    int target = Math.max(classTargets[i], 0);
    for (int k = 0; k < classes; k++) {
      double logit = logits[i * classes + k] + (k == bumped ? step : 0);
      sum += Math.exp(logit);
      wanted = k == target ? logit : wanted;
    }
    return Math.log(sum) - wanted;
  }

  /** The loss of one offset of prior {@code i}, which is raised by a step. */
  double offsetLoss(int i, int j, double step, LossParams params) {
    double error = Math.abs((double) offsets[4 * i + j] + step - offsetTargets[4 * i + j]);
    if (params.localisation() == Localisation.L1) {
      return error;
    }
    double beta = params.beta();
    return error < beta ? 0.5 * error * error / beta : error - 0.5 * beta;
  }

  /** How often each prior's cross-entropy counts. */
  int[] selected(LossParams params) {
    int[] selected = new int[batch * priors];
    for (int n = 0; n < batch; n++) {
      select(n, params.mining(), selected);
    }
    return selected;
  }

  private void select(int n, MiningParams mining, int[] selected) {
    List<Integer> ranked = new ArrayList<>();
    List<Integer> positives = new ArrayList<>();
    for (int i = n * priors; i < (n + 1) * priors; i++) {
      if (classTargets[i] == 0) {
        ranked.add(i);
      } else if (classTargets[i] > 0) {
        positives.add(i);
        selected[i] = 1;
      }
    }
    switch (mining.shortage()) {
      case TAKE_ALL -> sort(ranked);
      case COUNT_POSITIVES_AGAIN -> {
        sort(ranked);
        ranked.addAll(positives);
      }
      case RANK_POSITIVES_AS_ZERO -> {
        ranked.addAll(positives);
        ranked.sort(Comparator.naturalOrder());
        sort(ranked);
      }
    }
    int wanted =
        mining.negPosRatio() < 0
            ? Integer.MAX_VALUE
            : Math.max(
                mining.minNegatives(), (int) Math.floor(mining.negPosRatio() * positives.size()));
    ranked.stream().limit(wanted).forEach(i -> selected[i]++);
  }

  private void sort(List<Integer> priorsOfImage) {
    priorsOfImage.sort(
        Comparator.comparingDouble(i -> classTargets[i] > 0 ? 0 : -crossEntropy(i, -1, 0)));
  }

  double weight(int n, LossParams params) {
    long all = 0;
    long own = 0;
    for (int i = 0; i < batch * priors; i++) {
      all += classTargets[i] > 0 ? 1 : 0;
      own += classTargets[i] > 0 && i / priors == n ? 1 : 0;
    }
    return switch (params.normaliser()) {
      case BATCH_POSITIVES -> 1.0 / Math.max(1, all);
      case IMAGE_POSITIVES -> own == 0 ? 0 : 1.0 / own / batch;
      case ALL_PRIORS -> 1.0 / batch / priors;
    };
  }

  double classification(LossParams params) {
    int[] selected = selected(params);
    double sum = 0;
    for (int i = 0; i < selected.length; i++) {
      sum += weight(i / priors, params) * selected[i] * crossEntropy(i, -1, 0);
    }
    return sum;
  }

  double localisation(LossParams params) {
    double sum = 0;
    for (int i = 0; i < batch * priors; i++) {
      for (int j = 0; j < 4 && classTargets[i] > 0; j++) {
        sum += weight(i / priors, params) * offsetLoss(i, j, 0, params);
      }
    }
    return params.localisationWeight() * sum;
  }
}
