package dev.multibox.backend.cuda;

import dev.multibox.natives.JCudaNatives;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Assumptions;

/** NVIDIA's PTX compiler of CUDA 12.0, as jcuda's natives carry it. */
final class PtxAssembler {
  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)'");
  private static final Pattern MEMORY =
      Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  /** What a kernel takes of a GPU. */
  record Usage(String kernel, int registers, int sharedBytes, int localBytes, int spillBytes) {}

  private PtxAssembler() {}

  /** Loads the compiler; skips the test that asks where there is none for this system. */
  static PtxAssembler open() {
    try {
      JCudaNatives.load("jcuda.nvptxcompiler.JNvPTXCompiler");
    } catch (IOException e) {
      Assumptions.abort("no PTX compiler for this system: " + e.getMessage());
    }
    JNvPTXCompiler.setExceptionsEnabled(false);
    return new PtxAssembler();
  }

  /**
   * Compiles for a GPU of compute capability {@code sm}, 90 for 9.0.
   *
   * @throws IllegalArgumentException with the compiler's words if it refuses
   */
  List<Usage> assemble(String ptx, int sm) {
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    try {
      if (compile(compiler, ptx, sm) != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        throw new IllegalArgumentException(errorLog(compiler));
      }
      return usages(infoLog(compiler));
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  /** What the compiler says against this PTX; empty if nothing. */
  String errors(String ptx, int sm) {
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    try {
      int result = compile(compiler, ptx, sm);
      return result == nvPTXCompileResult.NVPTXCOMPILE_SUCCESS ? "" : errorLog(compiler);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static int compile(nvPTXCompilerHandle compiler, String ptx, int sm) {
    byte[] bytes = (ptx + "\0").getBytes(StandardCharsets.UTF_8);
    JNvPTXCompiler.nvPTXCompilerCreate(compiler, bytes.length, bytes);
    String[] options = {"--gpu-name=sm_" + sm, "--verbose"};
    return JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
  }

  private static String errorLog(nvPTXCompilerHandle compiler) {
    long[] size = new long[1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
    byte[] log = new byte[Math.toIntExact(size[0]) + 1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
    return text(log);
  }

  private static String infoLog(nvPTXCompilerHandle compiler) {
    long[] size = new long[1];
    JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size);
    byte[] log = new byte[Math.toIntExact(size[0]) + 1];
    JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log);
    return text(log);
  }

  private static String text(byte[] log) {
    return new String(log, StandardCharsets.UTF_8).replace("\0", "").strip();
  }

  private static List<Usage> usages(String log) {
    List<Usage> usages = new ArrayList<>();
    Matcher entry = ENTRY.matcher(log);
    int from = 0;
    while (entry.find(from)) {
      from = entry.end();
      int next = log.indexOf("Compiling entry function", from);
      String part = log.substring(from, next < 0 ? log.length() : next);
      usages.add(
          new Usage(
              entry.group(1),
              number(REGISTERS, 1, part),
              number(SHARED, 1, part),
              number(MEMORY, 1, part),
              number(MEMORY, 2, part) + number(MEMORY, 3, part)));
    }
    return usages;
  }

  private static int number(Pattern pattern, int group, String text) {
    Matcher match = pattern.matcher(text);
    return match.find() ? Integer.parseInt(match.group(group)) : 0;
  }
}
