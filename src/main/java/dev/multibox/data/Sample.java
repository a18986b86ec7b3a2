package dev.multibox.data;

/**
 * One image ready for a batch.
 *
 * @param image what it is
 * @param pixels as decoded, before anything in {@code plan} was done
 * @param plan what to do to them, and where the objects are then
 */
public record Sample(ImageRecord image, PixelBuffer pixels, SamplePlan plan) {}
