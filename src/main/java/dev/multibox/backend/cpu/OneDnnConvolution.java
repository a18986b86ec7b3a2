package dev.multibox.backend.cpu;

import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.cpu.OneDnnPrimitive.Argument;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A convolution, or one of its gradients, compiled for its shapes. */
final class OneDnnConvolution {
  /** Which of the three functions. */
  enum Direction {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_FILTER
  }

  /** What stands between the sum and the activation, forward. */
  enum Epilogue {
    NONE,
    BIAS,
    /**
     * A centre, a scale and a shift for each channel: batch norm in the steps of {@link
     * CpuBatchNormKernels}, so that an output is rounded alike whether it runs there or here.
     */
    NORM,
    /** The same and another tensor. */
    NORM_ADD
  }

  /**
   * All that one compiled convolution differs by from another.
   *
   * @param epilogue what is done to the sum; forward alone
   * @param activation what is applied last; forward alone
   * @param adds whether the result is added to what its tensor holds; backward alone
   */
  record ConvolutionKey(
      Direction direction,
      Shape x,
      Shape filter,
      ConvolutionParams params,
      Epilogue epilogue,
      Activation activation,
      boolean adds) {
    static ConvolutionKey forward(
        Shape x, Shape filter, ConvolutionParams params, Epilogue epilogue, Activation activation) {
      return new ConvolutionKey(Direction.FORWARD, x, filter, params, epilogue, activation, false);
    }

    static ConvolutionKey backward(
        Direction direction, Shape x, Shape filter, ConvolutionParams params, boolean adds) {
      return new ConvolutionKey(direction, x, filter, params, Epilogue.NONE, Activation.NONE, adds);
    }

    /** Multiplications, alike in all three directions. */
    long products() {
      Shape out = params.outputShape(x, filter);
      return out.size() * (filter.size() / filter.dim(0));
    }
  }

  private final OneDnnEngine engine;
  private final OneDnnPrimitive primitive;

  /** Where the filter is an input: what it is copied into first. */
  private final @Nullable OneDnnFilterLayout filterLayout;

  /** Where the primitive does not write the result in place: what lays it out or adds it. */
  private final @Nullable OneDnnPrimitive finish;

  private final long stagedBytes;

  private OneDnnConvolution(
      OneDnnEngine engine,
      OneDnnPrimitive primitive,
      @Nullable OneDnnFilterLayout filterLayout,
      @Nullable OneDnnPrimitive finish,
      long stagedBytes) {
    this.engine = engine;
    this.primitive = primitive;
    this.filterLayout = filterLayout;
    this.finish = finish;
    this.stagedBytes = stagedBytes;
  }

  static OneDnnConvolution compile(OneDnnEngine engine, ConvolutionKey key) {
    try (Arena local = Arena.ofConfined()) {
      return switch (key.direction) {
        case FORWARD -> forward(engine, key, local);
        case BACKWARD_DATA -> backwardData(engine, key, local);
        case BACKWARD_FILTER -> backwardFilter(engine, key, local);
      };
    }
  }

  private static OneDnnConvolution forward(OneDnnEngine engine, ConvolutionKey key, Arena local) {
    OneDnn.Convolution described = describe(local, key);
    OneDnnPostOps postOps = new OneDnnPostOps(local);
    List<Argument> epilogue = epilogue(local, key, described, postOps);
    MemorySegment attributes = OneDnn.attributes(local);
    OneDnn.then(attributes, postOps.apply(key.activation));
    MemorySegment description =
        OneDnn.forward(engine.arena(), engine.engine(), described, attributes);
    MemorySegment filter = OneDnn.query(description, OneDnn.QUERY_WEIGHTS);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(OneDnn.SRC, described.x()));
    arguments.add(new Argument(OneDnn.WEIGHTS, filter));
    arguments.addAll(epilogue);
    arguments.add(new Argument(OneDnn.DST, described.out()));
    return new OneDnnConvolution(
        engine,
        new OneDnnPrimitive(engine, description, arguments),
        engine.filterLayout(describeFilter(local, key, dense(key)), filter),
        null,
        0);
  }

  /** Appends what is done to the sum, and tells what it is done with, in order. */
  private static List<Argument> epilogue(
      Arena arena, ConvolutionKey key, OneDnn.Convolution described, OneDnnPostOps postOps) {
    if (key.epilogue == Epilogue.NONE) {
      return List.of();
    }
    if (key.epilogue == Epilogue.BIAS) {
      return List.of(new Argument(OneDnn.BIAS, described.bias()));
    }
    MemorySegment perChannel =
        OneDnn.descriptor(arena, OneDnn.LAYOUT_ACDB, 1, key.filter.dim(0), 1, 1);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(new Argument(postOps.add(perChannel), perChannel));
    arguments.add(new Argument(postOps.multiply(perChannel), perChannel));
    arguments.add(new Argument(postOps.add(perChannel), perChannel));
    if (key.epilogue == Epilogue.NORM_ADD) {
      arguments.add(new Argument(postOps.add(described.out()), described.out()));
    }
    return arguments;
  }

  private static OneDnnConvolution backwardData(
      OneDnnEngine engine, ConvolutionKey key, Arena local) {
    OneDnn.Convolution described = describe(local, key);
    MemorySegment description =
        OneDnn.backwardData(
            engine.arena(),
            engine.engine(),
            described,
            OneDnn.forward(local, engine.engine(), described, MemorySegment.NULL),
            OneDnn.attributes(local));
    MemorySegment filter = OneDnn.query(description, OneDnn.QUERY_WEIGHTS);
    List<Argument> arguments =
        List.of(
            new Argument(OneDnn.DIFF_DST, described.out()),
            new Argument(OneDnn.WEIGHTS, filter),
            new Argument(OneDnn.DIFF_SRC, described.x()));
    return new OneDnnConvolution(
        engine,
        new OneDnnPrimitive(engine, description, arguments),
        engine.filterLayout(describeFilter(local, key, dense(key)), filter),
        key.adds ? OneDnnPrimitive.reorder(engine, described.x(), described.x(), true) : null,
        OneDnn.bytes(described.x()));
  }

  private static OneDnnConvolution backwardFilter(
      OneDnnEngine engine, ConvolutionKey key, Arena local) {
    OneDnn.Convolution described = describe(local, key);
    MemorySegment description =
        OneDnn.backwardFilter(
            engine.arena(),
            engine.engine(),
            described,
            OneDnn.forward(local, engine.engine(), described, MemorySegment.NULL),
            OneDnn.attributes(local));
    MemorySegment staged = OneDnn.query(description, OneDnn.QUERY_DIFF_WEIGHTS);
    MemorySegment ours = describeFilter(local, key, dense(key));
    List<Argument> arguments =
        List.of(
            new Argument(OneDnn.SRC, described.x()),
            new Argument(OneDnn.DIFF_DST, described.out()),
            new Argument(OneDnn.DIFF_WEIGHTS, staged));
    boolean inPlace = !key.adds && OneDnn.equal(staged, ours);
    return new OneDnnConvolution(
        engine,
        new OneDnnPrimitive(engine, description, arguments),
        null,
        inPlace ? null : OneDnnPrimitive.reorder(engine, staged, ours, key.adds),
        OneDnn.bytes(staged));
  }

  /** The descriptors of all tensors, with the filter's layout left to oneDNN. */
  private static OneDnn.Convolution describe(Arena arena, ConvolutionKey key) {
    ConvolutionParams params = key.params;
    Shape out = params.outputShape(key.x, key.filter);
    return new OneDnn.Convolution(
        describeActivation(arena, key.x),
        describeFilter(arena, key, OneDnn.LAYOUT_ANY),
        key.epilogue == Epilogue.BIAS
            ? OneDnn.descriptor(arena, OneDnn.LAYOUT_A, out.dim(3))
            : MemorySegment.NULL,
        describeActivation(arena, out),
        OneDnn.dims(arena, params.strideHeight(), params.strideWidth()),
        OneDnn.dims(arena, params.dilationHeight() - 1, params.dilationWidth() - 1),
        OneDnn.dims(arena, params.padHeight(), params.padWidth()));
  }

  private static MemorySegment describeActivation(Arena arena, Shape nhwc) {
    return OneDnn.descriptor(
        arena, OneDnn.LAYOUT_ACDB, nhwc.dim(0), nhwc.dim(3), nhwc.dim(1), nhwc.dim(2));
  }

  private static MemorySegment describeFilter(Arena arena, ConvolutionKey key, int layout) {
    Shape krsc = key.filter;
    long groups = key.params.groups();
    if (groups == 1) {
      return OneDnn.descriptor(arena, layout, krsc.dim(0), krsc.dim(3), krsc.dim(1), krsc.dim(2));
    }
    return OneDnn.descriptor(
        arena, layout, groups, krsc.dim(0) / groups, krsc.dim(3), krsc.dim(1), krsc.dim(2));
  }

  /** Our layout of a filter, as oneDNN calls it. */
  private static int dense(ConvolutionKey key) {
    return key.params.groups() == 1 ? OneDnn.LAYOUT_ACDB : OneDnn.LAYOUT_ABDEC;
  }

  /** What it uses of the scratchpad. */
  long scratchpadBytes() {
    long around =
        Math.max(
            filterLayout == null ? 0 : filterLayout.scratchpadBytes(),
            finish == null ? 0 : finish.scratchpadBytes());
    return Math.max(primitive.scratchpadBytes(), around);
  }

  /** What it uses of the memory for results that are laid out or added. */
  long stagedBytes() {
    return finish == null ? 0 : stagedBytes;
  }

  /** What the filter is copied into, null where it is no input. */
  @Nullable OneDnnFilterLayout filterLayout() {
    return filterLayout;
  }

  /**
   * Computes {@code target} and waits for it.
   *
   * @param inputs in the order of the arguments above; where the filter is one, it is the second
   */
  void run(Tensor target, Tensor... inputs) {
    MemorySegment[] data = new MemorySegment[inputs.length + 1];
    for (int i = 0; i < inputs.length; i++) {
      data[i] = i == 1 && filterLayout != null ? filterLayout.of(inputs[i]) : inputs[i].host();
    }
    if (finish == null) {
      data[inputs.length] = target.host();
      primitive.execute(data);
    } else {
      MemorySegment staged = engine.staging().atLeast(stagedBytes);
      data[inputs.length] = staged;
      primitive.execute(data);
      finish.execute(staged, target.host());
    }
  }
}
