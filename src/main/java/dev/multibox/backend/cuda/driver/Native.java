package dev.multibox.backend.cuda.driver;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** JCuda's objects for addresses that are already known, and the addresses in JCuda's objects. */
final class Native {
  private Native() {}

  /** Device memory at {@code address}. */
  static CUdeviceptr device(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  /** The off-heap memory of {@code segment}, which must live as long as what is made of it. */
  static Pointer host(MemorySegment segment) {
    return new HostPointer(segment.address());
  }

  /** A device pointer that a call fills in. */
  static final class DevicePointer extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  /** Host memory, from its address or as a call fills it in. */
  static final class HostPointer extends Pointer {
    HostPointer() {}

    HostPointer(long address) {
      super(address);
    }

    long address() {
      return getNativePointer();
    }
  }

  /** A stream that a call fills in. */
  static final class StreamPointer extends CUstream {
    long address() {
      return getNativePointer();
    }
  }
}
