package dev.multibox.backend.cuda.sim.instruction;

import dev.multibox.backend.cuda.sim.report.Site;

/**
 * Something that the lanes of a warp do together: a shuffle, a vote, a match or a warp barrier.
 *
 * @param members the row of the mask of lanes that take part
 * @param barrier whether it orders memory among them
 * @param work what is done for the lanes that came together
 */
public record Collective(Site site, int members, boolean barrier, Operation work) {}
