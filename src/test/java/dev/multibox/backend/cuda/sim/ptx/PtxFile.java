package dev.multibox.backend.cuda.sim.ptx;

import java.util.List;
import java.util.Map;

/**
 * A whole PTX file.
 *
 * @param name says in messages where it is from
 * @param variables outside of functions
 * @param functions by name; a definition wins over a declaration
 */
public record PtxFile(
    String name, List<PtxVariable> variables, Map<String, PtxFunction> functions) {}
