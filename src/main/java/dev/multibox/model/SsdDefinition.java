package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PriorSettings;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.Scope;
import java.util.function.Function;

/**
 * What is written down about a model before its classes and input size are known.
 *
 * @param name how the command line names it
 * @param summary one line for a user
 * @param inputHeight rows of the image unless told otherwise
 * @param inputWidth columns of the image unless told otherwise
 * @param normalisation what the first convolution expects
 * @param backbone declares the backbone in a scope
 * @param headInitializer how the heads' filters start
 * @param priors the prior boxes of each feature map
 * @param coding how boxes are written as offsets
 */
public record SsdDefinition(
    String name,
    String summary,
    int inputHeight,
    int inputWidth,
    Normalisation normalisation,
    Function<Scope, Backbone> backbone,
    Initializer headInitializer,
    PriorSettings priors,
    BoxCoding coding) {}
