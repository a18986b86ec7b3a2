package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.cuda.driver.DriverException;
import dev.multibox.backend.cuda.driver.Kernel;
import dev.multibox.backend.cuda.driver.KernelModule;
import dev.multibox.backend.cuda.driver.ParameterLayout;
import dev.multibox.backend.cuda.sim.exec.Compiler;
import dev.multibox.backend.cuda.sim.instruction.Symbols;
import dev.multibox.backend.cuda.sim.ptx.Operand;
import dev.multibox.backend.cuda.sim.ptx.PtxException;
import dev.multibox.backend.cuda.sim.ptx.PtxFile;
import dev.multibox.backend.cuda.sim.ptx.PtxFunction;
import dev.multibox.backend.cuda.sim.ptx.PtxParser;
import dev.multibox.backend.cuda.sim.ptx.PtxType;
import dev.multibox.backend.cuda.sim.ptx.PtxVariable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A PTX file, with its variables in device memory; kernels are compiled when asked for. */
final class SimulatedModule implements KernelModule {
  private final SimulatedDriver driver;
  private final String text;
  private final PtxFile file;
  private final Symbols symbols = new Symbols(null);
  private final Map<String, Long> variables = new HashMap<>();
  private final Map<String, SimulatedKernel> kernels = new HashMap<>();

  SimulatedModule(SimulatedDriver driver, String name, String text) {
    this.driver = driver;
    this.text = text;
    try {
      file = PtxParser.parse(name, text);
    } catch (PtxException e) {
      throw invalid(name, e);
    }
    long function = Symbols.FUNCTIONS;
    for (String functionName : file.functions().keySet()) {
      symbols.put(functionName, function);
      function += 16;
    }
    List<PtxVariable> inMemory =
        file.variables().stream().filter(variable -> !variable.space().equals("shared")).toList();
    for (PtxVariable variable : inMemory) {
      long address = driver.allocateVariable(variable.name(), Math.max(variable.bytes(), 1));
      variables.put(variable.name(), address);
      symbols.put(variable, address);
    }
    inMemory.forEach(this::initialise);
  }

  private static DriverException invalid(String name, PtxException e) {
    DriverException invalid =
        new DriverException(
            "load(name=%s)".formatted(name),
            "CUDA_ERROR_INVALID_PTX",
            String.valueOf(e.getMessage()));
    invalid.initCause(e);
    return invalid;
  }

  /** Variables start with what is said, and zero where nothing is. */
  private void initialise(PtxVariable variable) {
    byte[] bytes = new byte[Math.toIntExact(Math.max(variable.bytes(), 1))];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (Operand value : variable.values()) {
      put(buffer, variable.type(), value);
    }
    long address = symbols.address(variable.name());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(bytes.length);
      content.copyFrom(MemorySegment.ofArray(bytes));
      driver.memory().write(address, content);
    }
    if (variable.space().equals("const")) {
      driver.memory().seal(address);
    }
  }

  private void put(ByteBuffer buffer, PtxType type, Operand value) {
    long bits =
        switch (value) {
          case Operand.Immediate number -> number.bits();
          case Operand.Symbol symbol -> symbols.address(symbol.name()) + symbol.offset();
          default -> throw new IllegalStateException("a variable starts with " + value);
        };
    if (value instanceof Operand.Immediate number && number.decimal() && type == PtxType.F32) {
      bits = Float.floatToRawIntBits((float) Double.longBitsToDouble(bits));
    }
    switch (type.bytes()) {
      case 1 -> buffer.put((byte) bits);
      case 2 -> buffer.putShort((short) bits);
      case 4 -> buffer.putInt((int) bits);
      default -> buffer.putLong(bits);
    }
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public Kernel kernel(String name) {
    PtxFunction function = file.functions().get(name);
    if (function == null || !function.entry()) {
      throw new DriverException(
          "kernel(module=%s, name=%s)".formatted(file.name(), name),
          "CUDA_ERROR_NOT_FOUND",
          "the module has kernels %s"
              .formatted(
                  file.functions().values().stream()
                      .filter(PtxFunction::entry)
                      .map(PtxFunction::name)
                      .toList()));
    }
    try {
      synchronized (driver) {
        return kernels.computeIfAbsent(name, _ -> compile(function));
      }
    } catch (PtxException e) {
      throw invalid(file.name(), e);
    }
  }

  private SimulatedKernel compile(PtxFunction function) {
    return new SimulatedKernel(
        Compiler.compile(file, function, symbols, driver.sites()),
        ParameterLayout.read(text, function.name()),
        driver.device());
  }

  @Override
  public long address(String variable) {
    Long address = variables.get(variable);
    if (address == null) {
      throw new DriverException(
          "address(module=%s, variable=%s)".formatted(file.name(), variable),
          "CUDA_ERROR_NOT_FOUND",
          "the module has variables %s".formatted(variables.keySet()));
    }
    return address;
  }

  @Override
  public void close() {
    synchronized (driver) {
      variables.values().forEach(driver.memory()::free);
      variables.clear();
    }
  }
}
