package dev.multibox.backend.cpu;

import dev.multibox.backend.ConvolutionKernels;
import dev.multibox.natives.NativePlatform;
import dev.multibox.natives.OneDnnLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/** What computes convolutions on the CPU. */
public enum CpuConvolution {
  /** The library oneDNN. */
  ONEDNN,
  /** Loops in Java, for reading and comparing, and for systems that oneDNN does not exist for. */
  DIRECT;

  /**
   * {@code -Dmultibox.convolution=onednn} or {@code direct} if that is set, else oneDNN wherever it
   * is published for this system.
   *
   * @throws IllegalArgumentException if the property has another value
   */
  public static CpuConvolution chosen() {
    String name = System.getProperty("multibox.convolution", "");
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "onednn" -> ONEDNN;
      case "direct" -> DIRECT;
      case "" -> OneDnnLibrary.isPublishedFor(NativePlatform.current()) ? ONEDNN : DIRECT;
      default ->
          throw new IllegalArgumentException(
              "cpu: -Dmultibox.convolution was %s, wanted onednn or direct".formatted(name));
    };
  }

  /**
   * Loads what is needed, before a backend starts anything that would have to be undone.
   *
   * @throws UncheckedIOException if that fails
   */
  void load() {
    if (this == ONEDNN) {
      try {
        OneDnnLibrary.load();
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
    }
  }

  /** The threads to compute with: oneDNN's own where it has some. */
  Team team(int threads) {
    return switch (this) {
      case ONEDNN -> OpenMpTeam.of(threads, OneDnn.openMp()).orElseGet(() -> new JavaTeam(threads));
      case DIRECT -> new JavaTeam(threads);
    };
  }

  ConvolutionKernels kernels(Parallel parallel) {
    return switch (this) {
      case ONEDNN -> new OneDnnConvolutionKernels(parallel);
      case DIRECT -> new DirectConvolutionKernels(parallel);
    };
  }
}
