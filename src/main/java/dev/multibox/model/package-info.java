/**
 * SSD: a backbone whose feature maps are declared, heads on each of them, prior boxes for each
 * cell, and the registry of named models.
 *
 * <p>Nothing here knows a particular network's sizes: map sizes follow from the input size and the
 * layers, the number of priors from the maps and the prior settings, the number of classes from the
 * data set.
 *
 * <p>May import {@code tensor}, {@code backend}, {@code backend.dry}, {@code autograd}, {@code nn},
 * {@code optim} and {@code box}. Start with {@code Ssd}, then {@code TinyBackbone}; {@code SsdVgg}
 * and {@code SsdResNet} hold the published models. {@code Detector} runs one on images.
 */
@NullMarked
package dev.multibox.model;

import org.jspecify.annotations.NullMarked;
