package dev.multibox.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.NmsParams;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.model.SsdNetwork;
import dev.multibox.onnx.OnnxGraph.Element;
import dev.multibox.tensor.Shape;
import dev.multibox.weights.ProtobufMessage;
import dev.multibox.weights.StoredTensor;
import dev.multibox.weights.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a detector as a {@code ModelProto} of <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3">onnx.proto3</a>. Its input is
 * {@code image [N, 3, H, W]}. It gives {@code class_logits [N, P, K]}, {@code box_offsets [N, P,
 * 4]} and {@code prior_boxes [P, 4]} (cx cy w h, 0 to 1), or with suppression inside {@code boxes
 * [N, D, 4]} (corners, 0 to 1), {@code scores [N, D]}, {@code labels [N, D]} and {@code counts
 * [N]}, best first and zeros behind the last. The metadata says model, input, normalisation and
 * categories.
 */
public final class OnnxFile {
  /** ONNX 1.12, of 2022; the first that ONNX Runtime 1.12 reads. */
  private static final int OPERATOR_SET = 17;

  private static final int IR_VERSION = 8;
  private static final String PRIORS = "prior_boxes";

  // Field numbers of ModelProto.
  private static final int IR = 1;
  private static final int PRODUCER_NAME = 2;
  private static final int PRODUCER_VERSION = 3;
  private static final int DOC_STRING = 6;
  private static final int GRAPH = 7;
  private static final int OPSET_IMPORT = 8;
  private static final int METADATA = 14;

  // Of OperatorSetIdProto and StringStringEntryProto.
  private static final int VERSION = 2;
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private static final JsonMapper JSON = new JsonMapper();

  private final SsdNetwork network;
  private final OnnxForm form;
  private final OnnxImage image;

  private OnnxFile(Ssd.Config config, OnnxForm form) {
    network = new SsdNetwork(config, 1);
    this.form = form;
    image = new OnnxImage(config.definition().normalisation());
  }

  /**
   * Writes {@code file}, replacing one of this name.
   *
   * @param weights F32, under the names and in the shapes of the network's parameters and buffers
   * @param categories names of the classes from 1 on; empty where nobody knows them
   * @param version that of the program
   * @throws IllegalArgumentException if the input is too small for the network
   * @throws IOException if it cannot be written; one that was there before is as it was
   */
  public static void write(
      Path file,
      Ssd.Config config,
      Map<String, StoredTensor> weights,
      List<String> categories,
      OnnxForm form,
      String version)
      throws IOException {
    OnnxFile onnx = new OnnxFile(config, form);
    ProtobufMessage model =
        model(onnx.graph(weights))
            .text(PRODUCER_VERSION, version)
            .text(DOC_STRING, onnx.explanation());
    onnx.metadata(categories)
        .forEach((key, value) ->
            model.message(METADATA, new ProtobufMessage().text(KEY, key).text(VALUE, value)));
    WholeFile.write(file, model::writeTo);
  }

  /** A model of nothing but this graph. */
  static ProtobufMessage model(OnnxGraph graph) {
    return new ProtobufMessage()
        .integer(IR, IR_VERSION)
        .text(PRODUCER_NAME, "MultiBox")
        .message(OPSET_IMPORT, new ProtobufMessage().integer(VERSION, OPERATOR_SET))
        .message(GRAPH, graph.message());
  }

  private OnnxGraph graph(Map<String, StoredTensor> weights) {
    Ssd.Config config = network.config();
    OnnxGraph graph = new OnnxGraph(config.definition().name());
    String seen = image.append(graph, config.inputHeight(), config.inputWidth(), form.normalises());
    List<String> levels = network.appendTo(new OnnxLayers(graph, weights), seen);
    OnnxHeads heads = OnnxHeads.of(graph, levels, network.headLayouts());
    NmsParams nms = form.nms();
    if (nms == null) {
      outputHeads(graph);
    } else {
      new OnnxDetections(graph, heads, network.headLayouts(), nms)
          .append(network.priors().centres(), config.definition().coding());
    }
    return graph;
  }

  private void outputHeads(OnnxGraph graph) {
    float[] centres = network.priors().centres();
    long priors = centres.length / 4;
    graph.batchOutput(OnnxHeads.LOGITS, Element.FLOAT, priors, network.config().classes());
    graph.batchOutput(OnnxHeads.OFFSETS, Element.FLOAT, priors, 4);
    String constant = graph.floats("priors", Shape.of(priors, 4), centres);
    graph.node("Identity").inputs(constant).result(PRIORS);
    graph.output(PRIORS, Element.FLOAT, priors, 4);
  }

  private String explanation() {
    Ssd.Config config = network.config();
    SsdDefinition definition = config.definition();
    String gives =
        form.nms() == null
            ? "class_logits and box_offsets of each prior, background being class 0; prior_boxes are"
                + " cx cy w h, 0 to 1 of the image."
            : "boxes (xmin ymin xmax ymax, 0 to 1 of the image), scores and labels (1 for the first"
                + " category), best first; counts says how many are detections.";
    return "%s: %s. Takes %s Gives %s"
        .formatted(
            definition.name(),
            definition.summary(),
            image.explanation(config.inputHeight(), config.inputWidth(), form.normalises()),
            gives);
  }

  private Map<String, String> metadata(List<String> categories) {
    Ssd.Config config = network.config();
    SsdDefinition definition = config.definition();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("model", definition.name());
    metadata.put("input_height", Integer.toString(config.inputHeight()));
    metadata.put("input_width", Integer.toString(config.inputWidth()));
    metadata.put("categories", json(categories));
    metadata.put("resize", definition.resize().name().toLowerCase(Locale.ROOT));
    if (form.normalises()) {
      metadata.put("normalisation", "none: v from 0 to 255");
      metadata.put("channel_order", "RGB");
    } else {
      metadata.put("normalisation", "(v - mean) * scale, v from 0 to 255");
      metadata.put("channel_order", definition.normalisation().order().name());
      metadata.put("mean", json(image.mean()));
      metadata.put("scale", json(image.scale()));
    }
    BoxCoding coding = definition.coding();
    metadata.put(
        "box_weights",
        json(
            new float[] {
              coding.weightX(), coding.weightY(), coding.weightWidth(), coding.weightHeight()
            }));
    return metadata;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
