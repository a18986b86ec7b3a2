package dev.multibox.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.backend.cuda.cudnn.OfflineCudnn;
import dev.multibox.backend.cuda.driver.CudnnApi;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** A description that cuDNN was given is read back from it: no GPU is needed for that. */
@OfflineCudnn.NeedsPlans
class DeviceDescriptionTest {
  @Test
  void saysWhatCudnnWasTold() throws IOException {
    CudnnApi cudnn = OfflineCudnn.open();
    byte[] told;
    try (InputStream in = OfflineCudnn.class.getResourceAsStream("/dev/multibox/cudnn/h200.json")) {
      told = in.readAllBytes();
    }
    long properties = cudnn.create(DeviceDescription.DEVICE_PROPERTIES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(told.length).copyFrom(MemorySegment.ofArray(told));
      cudnn.set(properties, DeviceDescription.JSON, DeviceDescription.TYPE_CHAR, told.length, text);
      cudnn.finish(properties);
      JsonMapper mapper = new JsonMapper();
      assertThat(mapper.readTree(DeviceDescription.json(cudnn, properties)))
          .isEqualTo(mapper.readTree(told));
    } finally {
      cudnn.destroy(properties);
    }
  }
}
