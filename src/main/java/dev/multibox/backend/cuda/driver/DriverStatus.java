package dev.multibox.backend.cuda.driver;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The one place where what a call of the driver returned becomes an exception. JCuda's own are left
 * off: they name the error, but neither the call nor its arguments.
 */
final class DriverStatus {
  private DriverStatus() {}

  /**
   * Throws unless {@code status} is that of a success.
   *
   * @param call the call with its arguments, a format for {@code args}
   */
  @FormatMethod
  static void check(int status, @FormatString String call, Object... args) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw failure(status, String.format(Locale.ROOT, call, args));
    }
  }

  /** What to throw for {@code status} of {@code call}. */
  static DriverException failure(int status, String call) {
    String[] name = new String[1];
    String[] meaning = new String[1];
    if (JCudaDriver.cuGetErrorName(status, name) != CUresult.CUDA_SUCCESS) {
      return new DriverException(call, "error " + status, "the driver does not know this error");
    }
    int _ = JCudaDriver.cuGetErrorString(status, meaning);
    String remedy = remedy(status);
    return new DriverException(
        call, name[0], remedy.isEmpty() ? meaning[0] : meaning[0] + "; " + remedy);
  }

  /** What a user can do about an error; empty where that is not known. */
  private static String remedy(int status) {
    return switch (status) {
      case CUresult.CUDA_ERROR_STUB_LIBRARY ->
          "this libcuda.so.1 is the toolkit's stub: take its folder out of LD_LIBRARY_PATH";
      case CUresult.CUDA_ERROR_NO_DEVICE -> "look at nvidia-smi and at CUDA_VISIBLE_DEVICES";
      case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE ->
          "another process holds the GPU for itself: look at nvidia-smi";
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
          "the driver was updated under the running system: restart the machine";
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION ->
          "update the driver to one of CUDA 12 or newer";
      case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU ->
          "the kernels need a GPU of compute capability 7.5 or newer";
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> "ask for less, or end what else uses the GPU";
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_LAUNCH_FAILED ->
          "a kernel before this call did it: -Dmultibox.syncLaunches=true names it";
      default -> "";
    };
  }
}
