/**
 * Training and evaluation of a whole model: the step, the loop, the run directory, checkpoints.
 *
 * <p>{@link dev.multibox.train.TrainingStep} is the step itself, from decoded images to updated
 * weights; {@link dev.multibox.train.Trainer} loops over it and writes what a run leaves; {@link
 * dev.multibox.train.Evaluator} runs a model over a data set. A {@link dev.multibox.train.Recipe}
 * gathers every choice that published SSDs make differently.
 *
 * <p>A {@link dev.multibox.train.TrainConfig}, a {@link dev.multibox.train.Checkpoint} and the
 * {@link dev.multibox.train.RunState} in its metadata are all that a run follows from: resumed from
 * them it ends with the same bytes as one that never stopped.
 *
 * <p>May import everything but {@code cli}. Start with {@code TrainingStep}.
 */
@NullMarked
package dev.multibox.train;

import org.jspecify.annotations.NullMarked;
