package dev.multibox.backend.cuda.cudnn;

import dev.multibox.backend.cuda.driver.CudnnApi;
import org.jspecify.annotations.Nullable;

/**
 * The GPU that plans are made for: the one this process has, by its handle, or one that is only
 * described, for which plans can be made and looked at but not executed.
 */
public final class PlanTarget implements AutoCloseable {
  /** cuDNN takes descriptions of devices from this version on. */
  public static final long DESCRIBED_SINCE = 90_800;

  private final long handle;
  private final @Nullable Descriptor device;

  private PlanTarget(long handle, @Nullable Descriptor device) {
    this.handle = handle;
    this.device = device;
  }

  /** The GPU of this process. */
  public static PlanTarget ofHandle(CudnnApi api) {
    return new PlanTarget(api.handle(), null);
  }

  /**
   * A GPU that {@code json} describes, in the words in which cuDNN describes one.
   *
   * @throws IllegalArgumentException if this cuDNN is older than {@link #DESCRIBED_SINCE}
   */
  public static PlanTarget described(CudnnApi api, String json) {
    if (api.version() < DESCRIBED_SINCE) {
      throw new IllegalArgumentException(
          "cuDNN %d: plans for a described GPU need %d".formatted(api.version(), DESCRIBED_SINCE));
    }
    Descriptor device = Descriptor.of(api, DescriptorType.DEVICE_PROPERTIES);
    return new PlanTarget(0, device.set(Attribute.DEVICE_JSON, json).finish());
  }

  long handle() {
    return handle;
  }

  /** Has heuristics, or a plan, be for this GPU. */
  Descriptor describe(Descriptor descriptor, Attribute attribute) {
    return device == null ? descriptor : descriptor.set(attribute, device);
  }

  @Override
  public void close() {
    if (device != null) {
      device.close();
    }
  }
}
