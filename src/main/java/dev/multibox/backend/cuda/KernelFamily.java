package dev.multibox.backend.cuda;

import dev.multibox.backend.Activation;
import dev.multibox.backend.cuda.driver.Driver;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.Launch;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The kernels of one {@code .cu}, on one stream; each is looked up once. */
final class KernelFamily implements AutoCloseable {
  /** Threads of a block, where a kernel does not say otherwise. */
  static final int THREADS = 256;

  /** What a thread moves at once. */
  private static final int PACK_BYTES = 16;

  private final KernelModule module;
  private final Stream stream;
  private final CudaWorkspace workspace;
  private final Map<String, Launch> launches = new HashMap<>();

  private KernelFamily(KernelModule module, Stream stream, CudaWorkspace workspace) {
    this.module = module;
    this.stream = stream;
    this.workspace = workspace;
  }

  /** Loads {@code <family>.ptx} from the class path. */
  static KernelFamily load(Driver driver, Stream stream, CudaWorkspace workspace, String family) {
    String name = family + ".ptx";
    try (InputStream ptx =
        KernelFamily.class.getResourceAsStream("/dev/multibox/cuda/%s".formatted(name))) {
      if (ptx == null) {
        throw new IllegalStateException(name + ": is not on the class path; build again");
      }
      return new KernelFamily(driver.load(name, ptx.readAllBytes()), stream, workspace);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel of this name, to be given a grid and arguments. */
  Launch launch(String kernel) {
    Launch launch = launches.computeIfAbsent(kernel, name -> Launch.of(module.kernel(name)));
    return launch.block(Math.min(THREADS, launch.kernel().attributes().maxThreadsPerBlock()));
  }

  /** The kernel {@code <op>_<dtype>}. */
  Launch launch(String op, DType dtype) {
    return launch(named(op, dtype));
  }

  /** The kernel that moves whole packs of a row of {@code x} where rows divide into them. */
  Launch byWidth(String op, Tensor x) {
    return launch(named(op, x.dtype()) + (isPacked(x) ? "_packed" : "_single"));
  }

  /** How many packs, or else elements, a row of {@code x} has. */
  static int packs(Tensor x) {
    return x.shape().intDim(-1) / (isPacked(x) ? packed(x.dtype()) : 1);
  }

  private static boolean isPacked(Tensor x) {
    return x.shape().dim(-1) % packed(x.dtype()) == 0;
  }

  /** For example {@code add_f32}. */
  static String named(String op, DType dtype) {
    return op + "_" + suffix(dtype);
  }

  /** For example {@code f32}. */
  static String suffix(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  /** The elements of the widest of these types that make one access. */
  static int packed(DType... dtypes) {
    int widest = 1;
    for (DType dtype : dtypes) {
      widest = Math.max(widest, Math.toIntExact(dtype.bytes()));
    }
    return PACK_BYTES / widest;
  }

  /** Blocks of {@link #THREADS} threads that own {@code each} of {@code n} elements a thread. */
  static long blocks(long n, int each) {
    return Math.ceilDiv(n, (long) THREADS * each);
  }

  /** The number of {@code activation.cuh}. */
  static int code(Activation activation) {
    return switch (activation) {
      case NONE -> 0;
      case RELU -> 1;
      case RELU6 -> 2;
      case HARD_SIGMOID -> 3;
      case HARD_SWISH -> 4;
    };
  }

  Stream stream() {
    return stream;
  }

  CudaWorkspace workspace() {
    return workspace;
  }

  @Override
  public void close() {
    module.close();
  }
}
