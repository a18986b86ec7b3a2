package dev.multibox.onnx;

import dev.multibox.weights.ProtobufMessage;

/**
 * A {@code NodeProto} of {@code onnx.proto3} in the making. It is named {@code layer/Operation},
 * and so is its result; a node that is told no layer belongs to that of its first input.
 */
final class OnnxNode {
  // Field numbers of NodeProto.
  private static final int INPUT = 1;
  private static final int OUTPUT = 2;
  private static final int NAME = 3;
  private static final int OPERATION = 4;
  private static final int ATTRIBUTE = 5;

  // Of AttributeProto, and its types.
  private static final int ATTRIBUTE_NAME = 1;
  private static final int FLOAT_VALUE = 2;
  private static final int INTEGER_VALUE = 3;
  private static final int INTEGER_VALUES = 8;
  private static final int ATTRIBUTE_TYPE = 20;
  private static final int FLOAT = 1;
  private static final int INTEGER = 2;
  private static final int INTEGERS = 7;

  private final OnnxGraph graph;
  private final String operation;
  private final ProtobufMessage inputs = new ProtobufMessage();
  private final ProtobufMessage attributes = new ProtobufMessage();
  private String layer = "";

  OnnxNode(OnnxGraph graph, String operation) {
    this.graph = graph;
    this.operation = operation;
  }

  /** The part of the network this belongs to, for example {@code backbone.conv1_1}. */
  OnnxNode of(String part) {
    layer = part;
    return this;
  }

  OnnxNode inputs(String... values) {
    if (layer.isEmpty()) {
      layer = layer(values[0]);
    }
    for (String value : values) {
      inputs.text(INPUT, value);
    }
    return this;
  }

  private static String layer(String value) {
    int end = value.lastIndexOf('/');
    return end < 0 ? value : value.substring(0, end);
  }

  OnnxNode integer(String name, long value) {
    attributes.message(
        ATTRIBUTE,
        new ProtobufMessage()
            .text(ATTRIBUTE_NAME, name)
            .integer(INTEGER_VALUE, value)
            .integer(ATTRIBUTE_TYPE, INTEGER));
    return this;
  }

  OnnxNode integers(String name, long... values) {
    ProtobufMessage attribute = new ProtobufMessage().text(ATTRIBUTE_NAME, name);
    for (long value : values) {
      attribute.integer(INTEGER_VALUES, value);
    }
    attributes.message(ATTRIBUTE, attribute.integer(ATTRIBUTE_TYPE, INTEGERS));
    return this;
  }

  OnnxNode decimal(String name, float value) {
    attributes.message(
        ATTRIBUTE,
        new ProtobufMessage()
            .text(ATTRIBUTE_NAME, name)
            .float32(FLOAT_VALUE, value)
            .integer(ATTRIBUTE_TYPE, FLOAT));
    return this;
  }

  /** Adds the node to its graph and returns its only result. */
  String result() {
    String name = graph.unique(layer + "/" + operation);
    add(name, name);
    return name;
  }

  /** The same under a name of its own, as outputs of the graph have. */
  String result(String value) {
    add(graph.unique(layer + "/" + operation), graph.unique(value));
    return value;
  }

  /** Adds the node to its graph and returns its results, which have these names below its own. */
  String[] results(String... names) {
    String name = graph.unique(layer + "/" + operation);
    String[] values = new String[names.length];
    for (int i = 0; i < names.length; i++) {
      values[i] = graph.unique(name + "." + names[i]);
    }
    add(name, values);
    return values;
  }

  private void add(String name, String... values) {
    ProtobufMessage node = new ProtobufMessage().fields(inputs);
    for (String value : values) {
      node.text(OUTPUT, value);
    }
    graph.addNode(node.text(NAME, name).text(OPERATION, operation).fields(attributes));
  }
}
