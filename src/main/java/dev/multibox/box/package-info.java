/**
 * Boxes as a model sees them: where the priors lie. Matching, encoding, decoding and suppression
 * are kernels, in {@code backend}.
 *
 * <p>One word names a thing here; the literature has several:
 *
 * <dl>
 *   <dt>prior
 *   <dd>a box of fixed place and shape that a head's output is relative to; default box in the
 *       paper, anchor elsewhere
 *   <dt>offsets
 *   <dd>the four numbers that turn a prior into a predicted box; loc
 *   <dt>class logits
 *   <dd>the scores before softmax; conf
 *   <dt>IoU
 *   <dd>intersection over union; Jaccard overlap
 *   <dt>match
 *   <dd>the assignment of a ground-truth box to a prior
 *   <dt>hard-negative mining
 *   <dd>the choice of the negatives that count in the loss, {@code negPosRatio} for each positive
 *   <dt>NMS
 *   <dd>non-maximum suppression, with {@code iouThreshold}, {@code scoreThreshold}, {@code topK}
 *   <dt>variances
 *   <dd>0.1 and 0.2, what offsets are divided by; {@link dev.multibox.backend.BoxCoding} has their
 *       inverses as weights
 *   <dt>corner form
 *   <dd>{@code xmin ymin xmax ymax}
 *   <dt>centre form
 *   <dd>{@code cx cy w h}
 * </dl>
 *
 * <p>Coordinates are in {@code [0, 1]} of the image unless a name ends in {@code Pixels}. Priors
 * are ordered by level, row, column, shape.
 *
 * <p>May import {@code tensor} and {@code backend}. Start with {@code PriorSettings}.
 */
@NullMarked
package dev.multibox.box;

import org.jspecify.annotations.NullMarked;
