package dev.multibox.train;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides what a run computes, as {@code config.json} holds it.
 *
 * @param model the model's name
 * @param recipe the recipe's name
 * @param data the folders trained on
 * @param layout their layout, null to look
 * @param trainSplit the split trained on, null for the default
 * @param valSplit the split validated on, null for the default
 * @param inputHeight rows of the network's image
 * @param inputWidth columns of the network's image
 * @param iterations steps of the run
 * @param batchSize images of a batch
 * @param accumulate batches whose gradients make one update
 * @param learningRate the rate after warm-up
 * @param weightDecay the factor of decayed weights in their gradient
 * @param warmup steps of the linear rise
 * @param evalEvery steps from one evaluation to the next, 0 for the end alone
 * @param saveEvery steps from one kept checkpoint to the next, 0 for none but last and best
 * @param seed what every random number of the run follows from
 * @param workers threads that decode images
 * @param device where it runs
 * @param name the run's name, part of its folder's
 */
public record TrainConfig(
    String model,
    String recipe,
    List<String> data,
    @Nullable String layout,
    @Nullable String trainSplit,
    @Nullable String valSplit,
    int inputHeight,
    int inputWidth,
    long iterations,
    int batchSize,
    int accumulate,
    float learningRate,
    float weightDecay,
    long warmup,
    long evalEvery,
    long saveEvery,
    long seed,
    int workers,
    String device,
    String name) {

  public TrainConfig {
    data = List.copyOf(data);
  }
}
