package dev.multibox.backend.cuda.sim.ptx;

/** PTX that cannot be read, or asks for what is not simulated; names the file and the line. */
public final class PtxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public PtxException(String file, int line, String message) {
    super("%s:%d: %s".formatted(file, line, message));
  }
}
