package dev.multibox.onnx;

import dev.multibox.backend.NmsParams;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file holds besides the network.
 *
 * @param normalises whether its input is RGB from 0 to 255 and it normalises by itself; else the
 *     input is as the first convolution sees it
 * @param nms how it finds detections in the end; null for a file that gives what the heads give
 */
public record OnnxForm(boolean normalises, @Nullable NmsParams nms) {
  /** The network alone. */
  public static OnnxForm network() {
    return new OnnxForm(false, null);
  }
}
