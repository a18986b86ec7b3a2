package dev.multibox.backend.cuda.sim.report;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;

/**
 * An instruction in a loaded module.
 *
 * @param id its number among all sites of a driver
 * @param function the kernel or function it stands in
 */
public record Site(int id, String function, PtxInstruction instruction) {
  /** For example {@code st.shared.f32 at reduce.cu:17 (PTX line 88)}. */
  @Override
  public String toString() {
    return "%s at %s (PTX line %d)"
        .formatted(instruction.opcode(), instruction.source(), instruction.line());
  }
}
