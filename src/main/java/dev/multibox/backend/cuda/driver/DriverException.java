package dev.multibox.backend.cuda.driver;

import java.util.Locale;

/**
 * A call that the driver refused, or a fault of earlier work that surfaced in it. The message reads
 * {@code call(argument=value, ...): ERROR_NAME: what it means}.
 */
public class DriverException extends RuntimeException {
  /** CUDA's name of the error that {@link #isOutOfMemory} looks for. */
  public static final String OUT_OF_MEMORY = "CUDA_ERROR_OUT_OF_MEMORY";

  private static final long serialVersionUID = 1;

  private final String call;
  private final String error;

  /**
   * @param call the call with its arguments, for example {@code allocate(bytes=64)}
   * @param error CUDA's name of the error, for example {@code CUDA_ERROR_INVALID_VALUE}
   * @param meaning what went wrong, in words
   */
  public DriverException(String call, String error, String meaning) {
    super(String.format(Locale.ROOT, "%s: %s: %s", call, error, meaning));
    this.call = call;
    this.error = error;
  }

  /** The call with its arguments. */
  public String call() {
    return call;
  }

  /** CUDA's name of the error. */
  public String error() {
    return error;
  }

  /** Whether the device had too little memory: the one error that a caller may recover from. */
  public boolean isOutOfMemory() {
    return error.equals(OUT_OF_MEMORY);
  }
}
