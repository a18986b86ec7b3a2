/**
 * The two measures of detectors: mean average precision as PASCAL VOC's devkit computes it, and the
 * twelve numbers of COCO as pycocotools does, both to the last digits of a double.
 *
 * <p>Both compare a list of {@link dev.multibox.eval.DetectedObject} with a {@link
 * dev.multibox.eval.GroundTruth}, in pixels of the original images, on the host: nothing here runs
 * on a backend.
 *
 * <p>May import {@code box} and {@code data}. Start with {@code VocMetric}, the shorter one, then
 * {@code CocoMetric}, {@code CocoMatcher} and {@code CocoCurves}.
 */
@NullMarked
package dev.multibox.eval;

import org.jspecify.annotations.NullMarked;
