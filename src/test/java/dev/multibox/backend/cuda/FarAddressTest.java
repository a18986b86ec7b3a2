package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadLayout;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.ImagePlan;
import dev.multibox.backend.ImagePlan.Resize;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.Priors;
import dev.multibox.backend.ResizeTaps;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.sim.HostConvolution;
import dev.multibox.backend.cuda.sim.SimulatedDriver;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Kernels reach images that lie beyond 2^31 elements. The simulated memory is as large, but backed
 * only where it is touched, which is the beginning of each image.
 */
class FarAddressTest {
  private static final int IMAGES = 3;

  /** A map of 2.048e9 elements: the third image begins beyond 2^31, the second ends there. */
  private static final int SIDE = 16_000;

  private static final int CHANNELS = 8;
  private static final long ELEMENTS = (long) SIDE * SIDE * CHANNELS;

  private final SimulatedDriver driver = SimulatedDriver.open(1);

  @Test
  void detectsInTheLastImage() {
    HeadLayout layout = new HeadLayout(1, 1, 1, 2, 1_200_000_000, 0);
    NmsParams params = NmsParams.torchvision().withTopK(1);
    try (CudaBackend backend = CudaBackend.openUnpooled(driver, HostConvolution::open);
        TensorArena arena = backend.newArena()) {
      Tensor level = arena.allocate(Shape.of(IMAGES, 1, 1, layout.channels()), DType.F16);
      for (int n = 0; n < IMAGES; n++) {
        short[] cell = new short[6]; // two logits, four offsets
        cell[1] = Float.floatToFloat16(n);
        cell[2] = Float.floatToFloat16(10 * n);
        driver.upload(MemorySegment.ofArray(cell), level.get(n).address());
      }
      Tensor prior = arena.allocate(Shape.of(1, 4), DType.F32);
      backend.upload(new float[] {0.5f, 0.5f, 0.25f, 0.25f}, prior);
      Detections out =
          new Detections(
              arena.zeros(Shape.of(IMAGES, 1, 4), DType.F32),
              arena.zeros(Shape.of(IMAGES, 1), DType.F32),
              arena.zeros(Shape.of(IMAGES, 1), DType.I32),
              arena.zeros(Shape.of(IMAGES), DType.I32));
      backend
          .nms()
          .detect(
              new HeadOutputs(List.of(level), List.of(layout)),
              new Priors(prior, prior),
              BoxCoding.ssd(),
              params,
              2,
              2,
              out);

      assertThat(backend.ints(out.counts())).containsOnly(1);
      float[] boxes = backend.floats(out.boxes());
      float[] scores = backend.floats(out.scores());
      for (int n = 0; n < IMAGES; n++) {
        assertThat(boxes[4 * n]).isEqualTo(0.375f + 0.25f * n);
        assertThat((double) scores[n]).isCloseTo(1 / (1 + Math.exp(-n)), within(1e-6));
      }
    }
  }

  @Test
  void preparesTheFirstTileOfTheLastImage() {
    try (CudaBackend backend = CudaBackend.openUnpooled(driver, HostConvolution::open);
        TensorArena arena = backend.newArena();
        CudaWorkspace workspace = new CudaWorkspace(driver);
        KernelFamily family = KernelFamily.load(driver, backend.stream(), workspace, "image");
        TableUpload upload = new TableUpload(driver, backend.stream(), workspace)) {
      Tensor image = arena.allocate(Shape.of(1, 1, 3), DType.U8);
      backend.upload(MemorySegment.ofArray(new byte[] {1, 2, 3}), image);
      Tensor out = arena.allocate(Shape.of(IMAGES, SIDE, SIDE, CHANNELS), DType.F16);
      PlanTable table =
          new PlanTable(
              Collections.nCopies(IMAGES, image),
              Collections.nCopies(IMAGES, ImagePlan.whole(1, 1, Resize.NEAREST)),
              SIDE,
              SIDE);
      long address = upload.send(table.bytes(), table::write);
      MemorySegment normal = Arena.ofAuto().allocate(9 * Integer.BYTES, Integer.BYTES);
      for (int c = 0; c < 3; c++) {
        normal.setAtIndex(JAVA_FLOAT, 3 + c, 1);
        normal.setAtIndex(JAVA_INT, 6 + c, c);
      }
      family
          .launch("image_prepare_f16_packed")
          .block(32, 8, 1)
          .grid(IMAGES)
          .arg(address)
          .arg(address + table.stepsAt())
          .arg(address + table.tapsAt())
          .arg(address + table.greysAt())
          .arg(normal)
          .arg(SIDE)
          .arg(SIDE)
          .arg(CHANNELS)
          .arg(out.address())
          .run(backend.stream());

      short[] first = new short[CHANNELS];
      for (int n = 0; n < IMAGES; n++) {
        driver.download(out.address() + n * ELEMENTS * Short.BYTES, MemorySegment.ofArray(first));
        for (int c = 0; c < CHANNELS; c++) {
          assertThat(Float.float16ToFloat(first[c])).isEqualTo(c < 3 ? c + 1 : 0);
        }
      }
    }
  }

  @Test
  void resizesIntoTheLastImage() {
    try (CudaBackend backend = CudaBackend.openUnpooled(driver, HostConvolution::open);
        TensorArena arena = backend.newArena();
        CudaWorkspace workspace = new CudaWorkspace(driver);
        KernelFamily family = KernelFamily.load(driver, backend.stream(), workspace, "image");
        TableUpload upload = new TableUpload(driver, backend.stream(), workspace)) {
      Tensor x = arena.allocate(Shape.of(IMAGES, 1, 1, CHANNELS), DType.F32);
      float[] values = new float[IMAGES * CHANNELS];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      backend.upload(values, x);
      Tensor out = arena.allocate(Shape.of(IMAGES, SIDE, SIDE, CHANNELS), DType.F32);
      ResizeTaps taps = ResizeTaps.of(Resize.BILINEAR, 1, SIDE);
      long table = upload.send(PlanTable.bytes(taps), to -> PlanTable.write(taps, to, 0));
      Launch launch = family.launch("image_resize_f32_packed").grid(IMAGES);
      launch.arg(table).arg(table).arg(1).arg(1).arg(SIDE).arg(SIDE).arg(CHANNELS);
      launch.arg(x.address()).arg(out.address()).run(backend.stream());

      float[] first = new float[CHANNELS];
      for (int n = 0; n < IMAGES; n++) {
        driver.download(out.address() + n * ELEMENTS * Float.BYTES, MemorySegment.ofArray(first));
        assertThat(first).startsWith(CHANNELS * n, CHANNELS * n + 1);
      }
    }
  }
}
