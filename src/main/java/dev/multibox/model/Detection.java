package dev.multibox.model;

/**
 * One detected object.
 *
 * @param label the class, at least 1
 * @param score 0 to 1
 * @param xmin left edge, 0 to 1 of the image's width
 * @param ymin top edge, 0 to 1 of the image's height
 * @param xmax right edge
 * @param ymax bottom edge
 */
public record Detection(int label, float score, float xmin, float ymin, float xmax, float ymax) {}
