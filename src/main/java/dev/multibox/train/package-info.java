/**
 * Training and evaluation of a whole model: the step, the loop, the run directory, checkpoints.
 *
 * <p>{@link dev.multibox.train.TrainingStep} is the step itself, from decoded images to updated
 * weights; {@link dev.multibox.train.Trainer} loops over it and writes what a run leaves; {@link
 * dev.multibox.train.Evaluator} runs a model over a data set. A {@link dev.multibox.train.Recipe}
 * gathers every choice that published SSDs make differently.
 *
 * <p>May import everything but {@code cli}. Start with {@code TrainingStep}.
 */
@NullMarked
package dev.multibox.train;

import org.jspecify.annotations.NullMarked;
