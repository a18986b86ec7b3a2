package dev.multibox.onnx;

import dev.multibox.tensor.Shape;
import dev.multibox.weights.ProtobufMessage;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/**
 * A {@code GraphProto} of {@code onnx.proto3} that grows: constants and nodes, each of which gives
 * values that later nodes name. Nodes are in order, since a node can only name what there is.
 */
final class OnnxGraph {
  /** The types of elements that are used here, with their numbers in {@code TensorProto}. */
  enum Element {
    FLOAT(1),
    INT64(7);

    private final int number;

    Element(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  /** The name of the first dimension of images and of all that follows from them. */
  static final String BATCH = "N";

  // Field numbers of GraphProto.
  private static final int NODE = 1;
  private static final int NAME = 2;
  private static final int INITIALIZER = 5;
  private static final int INPUT = 11;
  private static final int OUTPUT = 12;

  // Of TensorProto.
  private static final int DIMS = 1;
  private static final int DATA_TYPE = 2;
  private static final int TENSOR_NAME = 8;
  private static final int RAW_DATA = 9;

  // Of ValueInfoProto, TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension.
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int TENSOR_TYPE = 1;
  private static final int ELEMENT_TYPE = 1;
  private static final int SHAPE = 2;
  private static final int DIMENSION = 1;
  private static final int DIMENSION_VALUE = 1;
  private static final int DIMENSION_NAME = 2;

  private final ProtobufMessage message = new ProtobufMessage();
  private final Set<String> names = new HashSet<>();

  OnnxGraph(String name) {
    message.text(NAME, name);
  }

  /** The graph so far. */
  ProtobufMessage message() {
    return message;
  }

  /** An input {@code [N, dims...]}. */
  String batchInput(String name, Element type, long... dims) {
    message.message(INPUT, value(unique(name), type, true, dims));
    return name;
  }

  /** Makes the value of this name an output {@code [N, dims...]}. */
  void batchOutput(String name, Element type, long... dims) {
    message.message(OUTPUT, value(name, type, true, dims));
  }

  /** Makes the value of this name an output {@code [dims...]}, the same for any input. */
  void output(String name, Element type, long... dims) {
    message.message(OUTPUT, value(name, type, false, dims));
  }

  private static ProtobufMessage value(String name, Element type, boolean batch, long... dims) {
    ProtobufMessage shape = new ProtobufMessage();
    if (batch) {
      shape.message(DIMENSION, new ProtobufMessage().text(DIMENSION_NAME, BATCH));
    }
    for (long dim : dims) {
      shape.message(DIMENSION, new ProtobufMessage().integer(DIMENSION_VALUE, dim));
    }
    ProtobufMessage tensor =
        new ProtobufMessage().integer(ELEMENT_TYPE, type.number()).message(SHAPE, shape);
    return new ProtobufMessage()
        .text(VALUE_NAME, name)
        .message(VALUE_TYPE, new ProtobufMessage().message(TENSOR_TYPE, tensor));
  }

  /**
   * A constant of floats, named as it is.
   *
   * @param data row-major and little-endian; read when the graph is written
   */
  String floats(String name, Shape shape, MemorySegment data) {
    return constant(name, Element.FLOAT, shape, data);
  }

  /** A constant of floats. */
  String floats(String name, Shape shape, float... values) {
    ByteBuffer data =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return constant(name, Element.FLOAT, shape, MemorySegment.ofArray(data.array()));
  }

  /** A constant of one dimension. */
  String integers(String name, long... values) {
    return integers(name, Shape.of(values.length), values);
  }

  /** A constant of 64-bit integers. */
  String integers(String name, Shape shape, long... values) {
    ByteBuffer data =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return constant(name, Element.INT64, shape, MemorySegment.ofArray(data.array()));
  }

  private String constant(String name, Element type, Shape shape, MemorySegment data) {
    String own = unique(name);
    ProtobufMessage tensor = new ProtobufMessage();
    for (long dim : shape.dims()) {
      tensor.integer(DIMS, dim);
    }
    tensor.integer(DATA_TYPE, type.number()).text(TENSOR_NAME, own).bytes(RAW_DATA, data);
    message.message(INITIALIZER, tensor);
    return own;
  }

  /** Begins a node of this operation; its results say when it is whole. */
  OnnxNode node(String operation) {
    return new OnnxNode(this, operation);
  }

  void addNode(ProtobufMessage node) {
    message.message(NODE, node);
  }

  /** {@code name}, or the first of {@code name_2}, {@code name_3} that is not taken. */
  String unique(String name) {
    String own = name;
    for (int number = 2; !names.add(own); number++) {
      own = name + "_" + number;
    }
    return own;
  }
}
