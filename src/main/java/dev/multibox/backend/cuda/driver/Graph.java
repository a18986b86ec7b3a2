package dev.multibox.backend.cuda.driver;

/**
 * Captured work, which {@link Stream#launch(Graph)} does as often as asked, with the addresses and
 * arguments of its capture.
 */
public interface Graph extends AutoCloseable {
  /** The number of kernels, copies and fills in this graph. */
  int size();

  @Override
  void close();
}
