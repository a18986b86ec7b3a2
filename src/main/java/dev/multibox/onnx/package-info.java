/**
 * Detectors as ONNX files (opset 17), for programs that know nothing of ours.
 *
 * <p>{@code OnnxFile} puts a model together: {@code OnnxLayers} is a {@link
 * dev.multibox.nn.GraphBuilder}, to which the network's own layers say what they compute, {@code
 * OnnxHeads} brings what the heads give into the order of priors, and {@code OnnxDetections} is the
 * end of inference: scores, decoding and suppression. All of them add nodes to an {@code
 * OnnxGraph}.
 *
 * <p>May import {@code tensor}, {@code backend} (the settings of ops), {@code nn}, {@code box},
 * {@code model} and {@code weights}. Start with {@code OnnxFile}, then {@code OnnxLayers}.
 */
@NullMarked
package dev.multibox.onnx;

import org.jspecify.annotations.NullMarked;
