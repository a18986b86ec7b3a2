/**
 * Images with boxes, on their way from files to a training batch.
 *
 * <p>A {@link dev.multibox.data.DatasetReader} turns a folder into {@link
 * dev.multibox.data.Dataset}s, which are lists of {@link dev.multibox.data.ImageRecord}s:
 * annotations only, no pixels. {@link dev.multibox.data.VocReader} and {@link
 * dev.multibox.data.CocoReader} read the two layouts in use, and say what is wrong with one to
 * {@link dev.multibox.data.Faults}. A {@link dev.multibox.data.Loader} decodes the images on
 * several threads and draws for each a {@link dev.multibox.data.SamplePlan}: what will be done to
 * the pixels, with the boxes already moved by the same numbers. {@link
 * dev.multibox.data.AugmentationSettings} say how, as each of SSD's publishers did: {@link
 * dev.multibox.data.ColourSettings}, {@link dev.multibox.data.CropSettings}, and which images and
 * objects are trained on at all, {@link dev.multibox.data.ObjectSettings}. The pixels themselves
 * are touched by {@link dev.multibox.backend.ImageKernels} alone, on whichever device trains.
 *
 * <p>{@link dev.multibox.data.ShapesGenerator} writes a data set of its own, so that everything can
 * be tried without downloading anything.
 *
 * <p>May import {@code tensor}, {@code backend} and {@code box}. Start with {@code Dataset}, then
 * {@code Loader}.
 */
@NullMarked
package dev.multibox.data;

import org.jspecify.annotations.NullMarked;
