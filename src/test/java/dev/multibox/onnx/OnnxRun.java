package dev.multibox.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.multibox.tensor.Shape;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** ONNX Runtime, with one model in it. */
final class OnnxRun implements AutoCloseable {
  private static final int THREADS = 2;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  private OnnxRun(Opening opening) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(THREADS);
      session = opening.open(environment, options);
    }
  }

  @FunctionalInterface
  private interface Opening {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  static OnnxRun open(Path file) throws OrtException {
    return new OnnxRun(
        (environment, options) -> environment.createSession(file.toString(), options));
  }

  static OnnxRun of(byte[] model) throws OrtException {
    return new OnnxRun((environment, options) -> environment.createSession(model, options));
  }

  OrtSession session() {
    return session;
  }

  /** A tensor that goes in. */
  @SuppressWarnings("ArrayRecordComponent")
  record Input(Shape shape, float[] values) {}

  /**
   * What comes out.
   *
   * @param tensors by name, float[] or long[]
   */
  record Outputs(Map<String, Object> tensors) {
    Set<String> names() {
      return tensors.keySet();
    }

    float[] floats(String name) {
      return (float[]) Objects.requireNonNull(tensors.get(name), name);
    }

    long[] integers(String name) {
      return (long[]) Objects.requireNonNull(tensors.get(name), name);
    }
  }

  Outputs run(Map<String, Input> inputs) throws OrtException {
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try {
      for (Map.Entry<String, Input> entry : inputs.entrySet()) {
        FloatBuffer values = FloatBuffer.wrap(entry.getValue().values());
        long[] dims = entry.getValue().shape().dims();
        tensors.put(entry.getKey(), OnnxTensor.createTensor(environment, values, dims));
      }
      try (OrtSession.Result result = session.run(tensors)) {
        Map<String, Object> outputs = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> entry : result) {
          outputs.put(entry.getKey(), values((OnnxTensor) entry.getValue()));
        }
        return new Outputs(outputs);
      }
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private static Object values(OnnxTensor tensor) {
    int size = Math.toIntExact(tensor.getInfo().getNumElements());
    return switch (tensor.getInfo().type) {
      case FLOAT -> {
        float[] floats = new float[size];
        tensor.getFloatBuffer().get(floats);
        yield floats;
      }
      case INT64 -> {
        long[] longs = new long[size];
        tensor.getLongBuffer().get(longs);
        yield longs;
      }
      default -> throw new IllegalArgumentException(tensor.getInfo().toString());
    };
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
