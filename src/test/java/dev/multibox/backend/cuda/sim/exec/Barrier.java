package dev.multibox.backend.cuda.sim.exec;

import dev.multibox.backend.cuda.sim.report.Site;

/**
 * {@code bar} and {@code barrier}.
 *
 * @param id the row of the barrier's number, 0 to 15
 * @param count the row of how many threads take part; negative for all
 * @param aligned whether all threads of a warp must come together
 * @param arrive whether threads go on without waiting
 * @param reduction what is computed over all threads
 * @param predicate the row of the predicate to reduce; negative without a reduction
 * @param negated whether the predicate is negated
 * @param result the row of the result, of predicates or integers; negative without a reduction
 */
record Barrier(
    Site site,
    int id,
    int count,
    boolean aligned,
    boolean arrive,
    Reduction reduction,
    int predicate,
    boolean negated,
    int result) {
  enum Reduction {
    NONE,
    POPC,
    AND,
    OR
  }
}
