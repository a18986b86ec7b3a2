package dev.multibox.backend.cuda.sim.ptx;

/** One virtual register; equal to itself alone, since names repeat in other blocks. */
public final class Register {
  private final String name;
  private final PtxType type;

  Register(String name, PtxType type) {
    this.name = name;
    this.type = type;
  }

  public String name() {
    return name;
  }

  public PtxType type() {
    return type;
  }

  @Override
  public String toString() {
    return name;
  }
}
