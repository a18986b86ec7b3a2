package dev.multibox.backend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.BackendSource;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.backend.ColourStep.From;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The colours of torchvision's detection references on Pillow's images, to the last bit. */
class ImageColourGoldenTest {
  private static final Golden GOLDEN = Golden.openOwn("09_colours.safetensors");
  private static final int LEVELS = 256;

  @BackendSource
  void stepsAreThoseOfPillow(Backend backend) {
    int cases = 0;
    for (JsonNode entry : GOLDEN.metadata("cases")) {
      byte[] result = coloured(backend, steps(entry), GOLDEN.shape("image"), bytes("image"));
      assertThat(result).as(entry.toString()).isEqualTo(bytes(entry.path("name").asText()));
      cases++;
    }
    assertThat(cases).isGreaterThan(10);
  }

  /** Hue and saturation look at the three channels together: all there are of them are tried. */
  @Test
  void noColourIsWithoutItsBits() throws NoSuchAlgorithmException {
    try (Backend cpu = CpuBackend.open()) {
      for (JsonNode entry : GOLDEN.metadata("all_colours")) {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (int red = 0; red < LEVELS; red++) {
          Shape square = Shape.of(LEVELS, LEVELS, 3);
          digest.update(coloured(cpu, steps(entry), square, ofRed(red)));
        }
        assertThat(HexFormat.of().formatHex(digest.digest()))
            .as(entry.toString())
            .isEqualTo(entry.path("sha256").asText());
      }
    }
  }

  private static byte[] ofRed(int red) {
    byte[] rgb = new byte[LEVELS * LEVELS * 3];
    for (int i = 0; i < LEVELS * LEVELS; i++) {
      rgb[3 * i] = (byte) red;
      rgb[3 * i + 1] = (byte) (i / LEVELS);
      rgb[3 * i + 2] = (byte) i;
    }
    return rgb;
  }

  private static byte[] bytes(String tensor) {
    return GOLDEN.bytes(tensor).toArray(JAVA_BYTE);
  }

  private static byte[] coloured(Backend backend, List<ColourStep> steps, Shape shape, byte[] rgb) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Tensor image = tensors.allocate(shape, DType.U8);
      backend.upload(MemorySegment.ofArray(rgb), image);
      int height = shape.intDim(0);
      int width = shape.intDim(1);
      ImagePlan plan =
          new ImagePlan(
              steps,
              Canvas.none(width, height),
              new Crop(0, 0, width, height),
              false,
              Resize.NEAREST);
      Tensor out = tensors.poisoned(Shape.of(1, height, width, 3));
      backend.image().prepare(List.of(image), List.of(plan), Normalisation.none(), out);
      float[] values = backend.floats(out);
      byte[] result = new byte[values.length];
      for (int i = 0; i < values.length; i++) {
        result[i] = (byte) (int) values[i];
      }
      return result;
    }
  }

  private static List<ColourStep> steps(JsonNode entry) {
    List<ColourStep> steps = new ArrayList<>();
    for (JsonNode step : entry.path("steps")) {
      JsonNode amount = step.path(1);
      float factor = (float) amount.asDouble();
      steps.add(
          switch (step.path(0).asText()) {
            case "brightness" -> new ColourStep.Blend(From.BLACK, factor);
            case "contrast" -> new ColourStep.Blend(From.MEAN_GREY, factor);
            case "saturation" -> new ColourStep.Blend(From.GREY, factor);
            case "hue" -> new ColourStep.ByteHue((int) (amount.asDouble() * 255));
            default ->
                new ColourStep.Shuffle(
                    amount.path(0).asInt(), amount.path(1).asInt(), amount.path(2).asInt());
          });
    }
    return steps;
  }
}
