/**
 * Convolution as cuDNN's graph API has it: calls, the descriptors that say them, and the plans that
 * do them.
 *
 * <p>A {@link dev.multibox.backend.ConvolutionCall} is everything that a plan depends on. {@code
 * ConvolutionGraph} says it in descriptors; {@link dev.multibox.backend.cuda.cudnn.PlanSearch} asks
 * cuDNN's heuristics for engines, drops those whose arithmetic a {@link
 * dev.multibox.backend.cuda.cudnn.MathPolicy} does not allow, and makes plans of the others; {@link
 * dev.multibox.backend.cuda.cudnn.PlanTimer} chooses among them on the GPU, and {@link
 * dev.multibox.backend.cuda.cudnn.PlanCache} remembers the choice. With a described GPU all but
 * timing and execution works on a machine without one, which is how the tests hold every
 * convolution of every model to a good plan.
 *
 * <p>May import {@code tensor}, {@code backend} and {@code backend.cuda.driver}. Start with {@code
 * ConvolutionCall}, then {@code ConvolutionGraph}. The constants are those of {@code cudnn_graph.h}
 * of cuDNN 9.
 */
@NullMarked
package dev.multibox.backend.cuda.cudnn;

import org.jspecify.annotations.NullMarked;
