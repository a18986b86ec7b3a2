package dev.multibox.model;

import dev.multibox.autograd.HeadVariables;
import dev.multibox.autograd.Tape;
import dev.multibox.autograd.Variable;
import dev.multibox.backend.Backend;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.Priors;
import dev.multibox.nn.ModelState;
import dev.multibox.tensor.DType;
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
  public record Config(SsdDefinition definition, int inputHeight, int inputWidth, int classes) {
    /** The model at its own input size. */
    public static Config of(SsdDefinition definition, int classes) {
      return new Config(definition, definition.inputHeight(), definition.inputWidth(), classes);
    }
  }

  private final SsdNetwork network;
  private final DType type;
  private final List<String> frozen;
  private final ModelState state;
  private final Priors priors;

  /**
   * Builds the network with weights of zero; {@link ModelState#initialize} or a checkpoint fills
   * them.
   *
   * @throws IllegalArgumentException if the input is too small for the network
   */
  public Ssd(Backend backend, Config config, TensorArena arena) {
    this(backend, config, DType.F32, arena);
  }

  /** The same for images of a type, F32 or F16, which all activations and filters then have. */
  public Ssd(Backend backend, Config config, DType type, TensorArena arena) {
    this(backend, config, type, List.of(), arena);
  }

  /**
   * The same with parameters that training leaves as they are.
   *
   * @param frozen what their names begin with
   */
  public Ssd(Backend backend, Config config, DType type, List<String> frozen, TensorArena arena) {
    this(backend, config, type, frozen, true, arena);
  }

  private Ssd(
      Backend backend,
      Config config,
      DType type,
      List<String> frozen,
      boolean trained,
      TensorArena arena) {
    this.type = type;
    this.frozen = List.copyOf(frozen);
    network = new SsdNetwork(config, backend.channelMultiple());
    network.scope().freeze(frozen);
    state =
        trained
            ? ModelState.allocate(backend, network.scope(), type, arena)
            : ModelState.forInference(backend, network.scope(), type, arena);
    priors = network.priors().upload(backend, arena);
  }

  /** A network that is never trained: its weights alone, a third of the memory. */
  public static Ssd forInference(Backend backend, Config config, TensorArena arena) {
    return new Ssd(backend, config, DType.F32, List.of(), false, arena);
  }

  /** The same network on another backend, with weights of zero. */
  public Ssd on(Backend backend, TensorArena arena) {
    return new Ssd(backend, config(), type, frozen, state.isTrained(), arena);
  }

  /** The type of the image, of activations and of filters as ops read them. */
  public DType type() {
    return type;
  }

  /** {@code [batch, H, W, C]} of the image, its channels padded as the backend wants them. */
  public Shape imageShape(int batch) {
    return network.imageShape(batch);
  }

  /** Runs the network on an image of {@link #imageShape}. */
  public HeadVariables forward(Tape tape, Variable image) {
    return network.forward(tape, image);
  }

  public Config config() {
    return network.config();
  }

  /** How the heads' outputs are read, level by level. */
  public List<HeadLayout> headLayouts() {
    return network.headLayouts();
  }

  /** The layers alone. */
  public SsdNetwork network() {
    return network;
  }

  public Priors priors() {
    return priors;
  }

  public ModelState state() {
    return state;
  }
}
