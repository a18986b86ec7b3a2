package dev.multibox.backend.cuda.sim.report;

import dev.multibox.backend.cuda.sim.ptx.PtxInstruction;
import java.util.ArrayList;
import java.util.List;

/** All instructions that may appear in reports, by number. */
public final class Sites {
  private final List<Site> sites = new ArrayList<>();

  public Site add(String function, PtxInstruction instruction) {
    Site site = new Site(sites.size(), function, instruction);
    sites.add(site);
    return site;
  }

  public Site get(int id) {
    return sites.get(id);
  }
}
