package dev.multibox.weights;

import dev.multibox.model.SsdDefinition;
import java.util.List;
import java.util.Map;

/**
 * Weights of another project with our names and in our layout.
 *
 * @param definition our model
 * @param categories names of the classes from 1 on; none of a backbone alone
 * @param tensors F32
 * @param remarks lines on what was left out or guessed
 */
public record ImportedWeights(
    SsdDefinition definition,
    List<String> categories,
    Map<String, StoredTensor> tensors,
    List<String> remarks) {}
