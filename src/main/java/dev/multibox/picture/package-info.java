/**
 * Everything that is drawn: boxes with their names on images, sheets of such images, and a run's
 * curves. No other package draws, so the fonts are set up in one place.
 *
 * <p>{@link dev.multibox.picture.Picture} is an image that takes {@link dev.multibox.picture.Mark}s
 * and goes to a file; {@link dev.multibox.picture.MarkPainter} draws them, each label where {@link
 * dev.multibox.picture.LabelLayout} finds room, in the colours of {@link
 * dev.multibox.picture.Palette} and the letters of {@link dev.multibox.picture.Lettering}.
 *
 * <p>May import {@code box}, {@code data} and, to write files whole or not at all, {@code weights}.
 * Start with {@code Picture}.
 */
@NullMarked
package dev.multibox.picture;

import org.jspecify.annotations.NullMarked;
