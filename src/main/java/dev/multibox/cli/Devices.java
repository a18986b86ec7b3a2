package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.CudaBackend;
import dev.multibox.backend.cuda.driver.CudaSystem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** Opens the backend that {@code --device} names; the one place that picks one. */
final class Devices {
  private static final String CUDA = "cuda";

  /** What this machine has of CUDA, and how a GPU of it is opened. */
  record Choice(Supplier<CudaSystem> cuda, Opener opener) {
    /** Opens the GPU of this number. */
    @FunctionalInterface
    interface Opener {
      Backend open(int ordinal) throws IOException;
    }

    static Choice ofThisMachine() {
      return new Choice(CudaSystem::find, ordinal -> CudaBackend.open(ordinal, false));
    }
  }

  private Devices() {}

  /**
   * The backend, said on {@code console}.
   *
   * @param device {@code auto}, {@code cpu} or {@code cuda[:N]}
   * @throws UncheckedIOException if there is a GPU, but it cannot be opened
   */
  static Backend open(String device, PrintWriter console) {
    return open(device, console, Choice.ofThisMachine());
  }

  static Backend open(String device, PrintWriter console, Choice choice) {
    if (!device.matches("auto|cpu|cuda(:\\d{1,4})?")) {
      throw UserError.of("--device: was '%s', wanted auto, cpu or cuda[:N]", device);
    }
    if (device.startsWith(CUDA)) {
      return gpu(device, console, choice);
    }
    if (device.equals("cpu")) {
      return cpu("", console);
    }
    CudaSystem system = choice.cuda().get();
    if (!system.isUsable()) {
      return cpu(" (no GPU: %s)".formatted(firstReason(system)), console);
    }
    int others = system.devices().size() - 1;
    String why =
        others == 0
            ? " (there is a GPU; --device cpu computes without it)"
            : " (the first GPU; --device cuda:1 takes another, --device cpu none)";
    return say(opened(choice, 0), why, console);
  }

  private static Backend cpu(String why, PrintWriter console) {
    return say(CpuBackend.open(), why, console);
  }

  private static Backend gpu(String device, PrintWriter console, Choice choice) {
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
    return say(opened(choice, ordinal), "", console);
  }

  private static Backend opened(Choice choice, int ordinal) {
    try {
      return choice.opener().open(ordinal);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The reason without its remedy: who asked for any device needs none. */
  private static String firstReason(CudaSystem system) {
    return system.problems().getFirst().replaceFirst(";.*", "");
  }

  private static Backend say(Backend backend, String why, PrintWriter console) {
    console.println("device  " + backend.description() + why);
    console.flush();
    return backend;
  }
}
