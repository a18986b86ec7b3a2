package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import dev.multibox.backend.cuda.driver.DeviceProperties;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** Opens the backend that {@code --device} names; the one place that picks one. */
final class Devices {
  private static final String CUDA = "cuda";

  /** The precision of which F32 is computed as it is. */
  private static final String FP32 = "fp32";

  private static final String TF32 = "tf32";

  /** The oldest GPU whose tensor cores have TF32, of compute capability 8.0. */
  private static final int TF32_SINCE = 8;

  /** What this machine has of CUDA, and how a GPU of it is opened. */
  record Choice(Supplier<CudaSystem> cuda, Opener opener) {
    /** Opens the GPU of this number, to convolve F32 in TF32 or as it is. */
    @FunctionalInterface
    interface Opener {
      Backend open(int ordinal, boolean tf32) throws IOException;
    }

    static Choice ofThisMachine() {
      return new Choice(CudaSystem::find, CudaBackend::open);
    }
  }

  private final Choice choice;
  private final boolean tf32;
  private final PrintWriter console;

  private Devices(Choice choice, boolean tf32, PrintWriter console) {
    this.choice = choice;
    this.tf32 = tf32;
    this.console = console;
  }

  /**
   * The backend, said on {@code console}, which computes F32 as it is.
   *
   * @param device {@code auto}, {@code cpu} or {@code cuda[:N]}
   * @throws UncheckedIOException if there is a GPU, but it cannot be opened
   */
  static Backend open(String device, PrintWriter console) {
    return open(device, FP32, console);
  }

  /**
   * The same for a precision, {@code fp32}, {@code tf32} or {@code amp}.
   *
   * @throws UserError also if the device does not compute in it
   */
  static Backend open(String device, String precision, PrintWriter console) {
    return open(device, precision, console, Choice.ofThisMachine());
  }

  static Backend open(String device, String precision, PrintWriter console, Choice choice) {
    return new Devices(choice, precision.equals(TF32), console).open(device);
  }

  private Backend open(String device) {
    if (!device.matches("auto|cpu|cuda(:\\d{1,4})?")) {
      throw UserError.of("--device: was '%s', wanted auto, cpu or cuda[:N]", device);
    }
    if (device.startsWith(CUDA)) {
      return gpu(device);
    }
    if (device.equals("cpu")) {
      return cpu("");
    }
    CudaSystem system = choice.cuda().get();
    if (!system.isUsable()) {
      return cpu(" (no GPU: %s)".formatted(firstReason(system)));
    }
    int others = system.devices().size() - 1;
    String why =
        others == 0
            ? " (there is a GPU; --device cpu computes without it)"
            : " (the first GPU; --device cuda:1 takes another, --device cpu none)";
    return say(opened(system, 0), why);
  }

  private Backend cpu(String why) {
    if (tf32) {
      throw UserError.of(
          "--precision tf32: needs a GPU; the CPU computes in fp32, or in amp to try it%s", why);
    }
    return say(CpuBackend.open(), why);
  }

  private Backend gpu(String device) {
    CudaSystem system = choice.cuda().get();
    if (!system.isUsable()) {
      throw UserError.of(
          "--device %s: %s; or use --device cpu ('multibox info' says more)",
          device, system.problems().getFirst());
    }
    int ordinal = device.equals(CUDA) ? 0 : Integer.parseInt(device.substring(CUDA.length() + 1));
    int count = system.devices().size();
    if (ordinal >= count) {
      throw UserError.of(
          "--device %s: there %s, wanted %s",
          device,
          count == 1 ? "is one GPU" : "are %d GPUs".formatted(count),
          count == 1 ? "cuda:0" : "cuda:0 to cuda:%d".formatted(count - 1));
    }
    return say(opened(system, ordinal), "");
  }

  private Backend opened(CudaSystem system, int ordinal) {
    DeviceProperties device = system.devices().get(ordinal);
    if (tf32 && device.computeMajor() < TF32_SINCE) {
      throw UserError.of(
          "--precision tf32: needs compute capability 8.0, %s has %d.%d; name fp32 or amp",
          device.name(), device.computeMajor(), device.computeMinor());
    }
    try {
      return choice.opener().open(ordinal, tf32);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The reason without its remedy: who asked for any device needs none. */
  private static String firstReason(CudaSystem system) {
    return system.problems().getFirst().replaceFirst(";.*", "");
  }

  private Backend say(Backend backend, String why) {
    console.println("device  " + backend.description() + why);
    console.flush();
    return backend;
  }
}
