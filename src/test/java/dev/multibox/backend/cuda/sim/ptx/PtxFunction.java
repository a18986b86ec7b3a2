package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;

/**
 * A kernel or a function that kernels call.
 *
 * @param entry whether it is a kernel
 * @param results what a call takes back, in param space
 * @param parameters what a call passes, in param space
 * @param variables declared in the body, in shared, local and param space
 * @param body empty for a function that is only declared
 * @param maxThreads from {@code .maxntid} or {@code .reqntid}; 0 if nothing is said
 */
public record PtxFunction(
    String name,
    boolean entry,
    List<PtxVariable> results,
    List<PtxVariable> parameters,
    List<PtxVariable> variables,
    List<Statement> body,
    int maxThreads) {
  /** Whether there is no body in this file. */
  public boolean isDeclaration() {
    return body.isEmpty();
  }
}
