package dev.multibox.backend.cuda.driver;

import java.util.Locale;

/** A call that cuDNN refused. The message reads {@code call: status: what cuDNN says}. */
public final class CudnnException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The first status of those that say that something cannot be done with these arguments. */
  private static final int NOT_SUPPORTED = 3000;

  private static final int INTERNAL_ERROR = 4000;

  private final int status;

  /**
   * @param call the call with its arguments
   * @param status of {@code cudnnStatus_t}
   * @param meaning in cuDNN's words
   */
  public CudnnException(String call, int status, String meaning) {
    super(String.format(Locale.ROOT, "%s: cuDNN status %d: %s", call, status, meaning));
    this.status = status;
  }

  public int status() {
    return status;
  }

  /** Whether cuDNN has no way to do this, in contrast to a wrong call or a fault. */
  public boolean isNotSupported() {
    return status >= NOT_SUPPORTED && status < INTERNAL_ERROR;
  }
}
