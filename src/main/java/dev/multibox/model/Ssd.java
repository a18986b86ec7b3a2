package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.Priors;
import dev.multibox.box.PriorBoxes;
import dev.multibox.nn.ModelState;
import dev.multibox.nn.Scope;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.TensorArena;
import java.util.List;

/**
 * A Single Shot MultiBox Detector (Liu et al., 2016): a backbone, heads on its feature maps, and
 * the prior boxes that the heads' offsets refer to. Its memory belongs to the arena it was made in.
 */
public final class Ssd {
  /**
   * What fixes a network's shape, and with it its weights.
   *
   * @param definition the model
   * @param inputHeight rows of the image
   * @param inputWidth columns of the image
   * @param classes background included
   */
  public record Config(SsdDefinition definition, int inputHeight, int inputWidth, int classes) {}

  private final Config config;
  private final Backbone backbone;
  private final SsdHeads heads;
  private final ModelState state;
  private final Priors priors;
  private final int imageChannels;

  /**
   * Builds the network with weights of zero; {@link ModelState#initialize} or a checkpoint fills
   * them.
   *
   * @throws IllegalArgumentException if the input is too small for the network
   */
  public Ssd(Backend backend, Config config, TensorArena arena) {
    this.config = config;
    SsdDefinition definition = config.definition();
    Scope scope = new Scope(backend.channelMultiple());
    imageChannels = Math.toIntExact(scope.padded(3));
    backbone = definition.backbone().apply(scope.child("backbone"));
    List<Shape> maps = featureShapes(1);
    heads =
        new SsdHeads(
            scope.child("heads"),
            maps,
            definition.priors().priorsPerCell(),
            config.classes(),
            definition.headInitializer());
    state = ModelState.allocate(backend, scope, arena);
    priors =
        PriorBoxes.of(definition.priors(), maps, config.inputHeight(), config.inputWidth())
            .upload(backend, arena);
  }

  private List<Shape> featureShapes(int batch) {
    try {
      return backbone.featureShapes(imageShape(batch));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s: an input of %d x %d is too small (%s)"
              .formatted(
                  config.definition().name(),
                  config.inputHeight(),
                  config.inputWidth(),
                  e.getMessage()),
          e);
    }
  }

  /** {@code [batch, H, W, C]} of the image, its channels padded as the backend wants them. */
  public Shape imageShape(int batch) {
    return Shape.of(batch, config.inputHeight(), config.inputWidth(), imageChannels);
  }

  /** Runs the network on an image of {@link #imageShape}. */
  public HeadVariables forward(Tape tape, Variable image) {
    return heads.forward(tape, backbone.features(tape, image));
  }

  public Config config() {
    return config;
  }

  /** How the heads' outputs are read, level by level. */
  public List<HeadLayout> headLayouts() {
    return heads.layouts();
  }

  public Priors priors() {
    return priors;
  }

  public ModelState state() {
    return state;
  }
}
