package dev.multibox.model;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Normalisation;
import dev.multibox.box.PriorSettings;
import dev.multibox.nn.Initializer;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import java.util.function.Function;

/**
 * What is written down about a model before its classes and input size are known: all that its
 * weights need to be read, so that a model's name and its weights say everything.
 *
 * @param name how the command line names it
 * @param summary one line for a user
 * @param inputHeight rows of the image unless told otherwise
 * @param inputWidth columns of the image unless told otherwise
 * @param normalisation what the first convolution expects
 * @param backbone declares the backbone in a scope
 * @param heads what the heads are made of
 * @param headStart how the heads start
 * @param priors the prior boxes of each feature map
 * @param coding how boxes are written as offsets
 * @param nms how its detections are read unless told otherwise
 * @param resize how whole images become its input, which is part of what its weights have learned
 */
public record SsdDefinition(
    String name,
    String summary,
    int inputHeight,
    int inputWidth,
    Normalisation normalisation,
    Function<Scope, Backbone> backbone,
    HeadForm heads,
    HeadStart headStart,
    PriorSettings priors,
    BoxCoding coding,
    NmsParams nms,
    Resize resize) {

  /** A model that sees images bilinear without antialiasing, as most do. */
  public SsdDefinition(
      String name,
      String summary,
      int inputHeight,
      int inputWidth,
      Normalisation normalisation,
      Function<Scope, Backbone> backbone,
      HeadForm heads,
      HeadStart headStart,
      PriorSettings priors,
      BoxCoding coding,
      NmsParams nms) {
    this(
        name,
        summary,
        inputHeight,
        inputWidth,
        normalisation,
        backbone,
        heads,
        headStart,
        priors,
        coding,
        nms,
        Resize.BILINEAR);
  }

  /**
   * The first values of the heads.
   *
   * @param filters of the filters
   * @param bias of the bias of a filter {@code [K, R, S, C]}
   */
  public record HeadStart(Initializer filters, Function<Shape, Initializer> bias) {
    /** Biases of zero. */
    public static HeadStart of(Initializer filters) {
      return new HeadStart(filters, _ -> Initializer.constant(0));
    }
  }
}
