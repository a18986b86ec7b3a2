package dev.multibox.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.SimulatedBackend;
import dev.multibox.Tensors;
import dev.multibox.backend.ImagePlan.Canvas;
import dev.multibox.backend.ImagePlan.Crop;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The GPU's images are the CPU's to the last bit. */
class ImageParityTest {
  private static final List<ColourStep> COLOURS =
      List.of(
          new ColourStep.Brightness(-20.3f),
          new ColourStep.Contrast(1.45f),
          new ColourStep.Saturation(1.4f),
          new ColourStep.Hue(-17),
          new ColourStep.Shuffle(2, 0, 1));

  private static final List<ColourStep> OTHERS =
      List.of(
          new ColourStep.Blend(ColourStep.From.BLACK, 1.12f),
          new ColourStep.Blend(ColourStep.From.GREY, 1.37f),
          new ColourStep.ByteHue(-12),
          new ColourStep.Blend(ColourStep.From.MEAN_GREY, 0.8f),
          new ColourStep.Twist(11, 1.4f, 0.9f, 1.3f));

  /**
   * One image for each kind of resize, of its own size, with steps in another order each, Caffe's
   * and the others' in turn; the last of them late where nothing of the canvas shows.
   */
  private static float[] prepare(Backend backend, DType type, long channels) {
    SplittableRandom random = new SplittableRandom(1);
    List<ImagePlan> plans = new ArrayList<>();
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      List<Tensor> images = new ArrayList<>();
      for (Resize resize : Resize.values()) {
        int i = images.size();
        int width = 9 + 23 * (i % 4);
        int height = 61 - 7 * i;
        byte[] rgb = new byte[width * height * 3];
        random.nextBytes(rgb);
        Tensor image = tensors.allocate(Shape.of(height, width, 3), DType.U8);
        backend.upload(MemorySegment.ofArray(rgb), image);
        images.add(image);
        plans.add(plan(i, width, height, resize));
      }
      Tensor out = tensors.allocate(Shape.of(images.size(), 17, 37, channels), type);
      backend.image().prepare(images, plans, Normalisation.imageNet(), out);
      return tensors.values(out);
    }
  }

  private static ImagePlan plan(int i, int width, int height, Resize resize) {
    List<ColourStep> steps = new ArrayList<>((i % 2 == 0 ? COLOURS : OTHERS).subList(0, i));
    java.util.Collections.rotate(steps, i / 2);
    if (i % 3 == 2) {
      Crop crop = new Crop(1, 2, width - 3, height - 5);
      return new ImagePlan(
          steps, Canvas.none(width, height), crop, true, resize, OTHERS.subList(4, 5));
    }
    return new ImagePlan(
        steps,
        new Canvas(width + 30, height + 20, 11, 5 * i % 20),
        new Crop(3 * i, 2 * i, width + 8, height + 3),
        i % 2 == 1,
        resize);
  }

  @Test
  void imagesOfManySizesAgree() {
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      for (DType type : List.of(DType.F32, DType.F16)) {
        for (long channels : new long[] {3, 8, 16}) {
          assertThat(prepare(cuda, type, channels))
              .as("%s, %d channels", type, channels)
              .isEqualTo(prepare(cpu, type, channels));
        }
      }
    }
  }

  @Test
  void resizedMapsAgree() {
    try (Backend cpu = CpuBackend.open();
        Backend cuda = SimulatedBackend.open()) {
      for (long channels : new long[] {3, 8}) {
        assertThat(resize(cuda, channels)).isEqualTo(resize(cpu, channels));
      }
    }
  }

  private static float[] resize(Backend backend, long channels) {
    try (TensorArena arena = backend.newArena()) {
      Tensors tensors = new Tensors(backend, arena);
      Shape in = Shape.of(2, 13, 19, channels);
      Tensor out = tensors.poisoned(Shape.of(2, 29, 7, channels));
      backend.image().resizeBilinear(tensors.floats(in, Tensors.random(1, in.size())), out);
      return backend.floats(out);
    }
  }
}
