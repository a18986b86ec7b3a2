package dev.multibox.backend.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what stands outside of function bodies, and hands each body to a {@link BodyParser}. */
public final class PtxParser {
  private static final Set<String> LINKAGE = Set.of("visible", "extern", "weak", "common");
  private static final Set<String> VARIABLE_SPACES = Set.of("global", "const", "shared");
  private static final Set<String> THREAD_LIMITS = Set.of("maxntid", "reqntid");
  private static final Set<String> ONE_NUMBER = Set.of("maxnreg", "minnctapersm", "maxnctapersm");

  private final PtxScanner scanner;
  private final SourceFiles sources;
  private final DeclarationParser declarations;
  private final List<PtxVariable> variables = new ArrayList<>();
  private final Map<String, PtxFunction> functions = new LinkedHashMap<>();

  private PtxParser(String file, String text) {
    scanner = new PtxScanner(file, text);
    sources = SourceFiles.of(text);
    declarations = new DeclarationParser(scanner);
  }

  /**
   * Reads a file.
   *
   * @param file its name in messages
   * @throws PtxException if it cannot be read
   */
  public static PtxFile parse(String file, String text) {
    PtxParser parser = new PtxParser(file, text);
    while (!parser.scanner.atEnd()) {
      parser.topLevel();
    }
    return new PtxFile(file, parser.variables, parser.functions);
  }

  private void topLevel() {
    String directive = scanner.directive();
    switch (directive) {
      case "version" -> scanner.number();
      case "target" -> skipNames();
      case "address_size" -> scanner.integer();
      case "file" -> skipFile();
      case "section" -> skipSection();
      case "loc" -> sources.read(scanner);
      case "entry" -> function(true);
      case "func" -> function(false);
      case "alias" -> throw scanner.error(".alias is not simulated");
      default -> {
        if (VARIABLE_SPACES.contains(directive)) {
          variables.addAll(declarations.variables(directive));
        } else if (!LINKAGE.contains(directive)) {
          throw scanner.error("the directive .%s is not simulated".formatted(directive));
        }
      }
    }
  }

  private void skipNames() {
    do {
      scanner.word();
    } while (scanner.accept(','));
  }

  private void skipFile() {
    scanner.integer();
    scanner.string();
    while (scanner.accept(',')) {
      scanner.integer();
    }
  }

  private void skipSection() {
    scanner.opcode();
    scanner.expect('{');
    scanner.skipBraces();
  }

  private void function(boolean entry) {
    List<PtxVariable> results = scanner.peek() == '(' ? parameters() : List.of();
    String name = scanner.word();
    List<PtxVariable> parameters = scanner.peek() == '(' ? parameters() : List.of();
    int maxThreads = attributes();
    if (scanner.accept(';')) {
      functions.putIfAbsent(
          name,
          new PtxFunction(name, entry, results, parameters, List.of(), List.of(), maxThreads));
      return;
    }
    scanner.expect('{');
    BodyParser body = new BodyParser(scanner, sources, declarations);
    body.read();
    functions.put(
        name,
        new PtxFunction(
            name, entry, results, parameters, body.variables(), body.statements(), maxThreads));
  }

  private List<PtxVariable> parameters() {
    List<PtxVariable> list = new ArrayList<>();
    scanner.expect('(');
    while (!scanner.accept(')')) {
      if (!scanner.acceptDirective("param")) {
        throw scanner.error("expected a .param; parameters in registers are not simulated");
      }
      list.add(declarations.one("param"));
      scanner.accept(',');
    }
    return list;
  }

  /** Reads what stands between the parameters and the body; returns the most threads of a block. */
  private int attributes() {
    int maxThreads = 0;
    while (scanner.peek() == '.') {
      String attribute = scanner.directive();
      if (THREAD_LIMITS.contains(attribute)) {
        maxThreads = product();
      } else if (ONE_NUMBER.contains(attribute)) {
        scanner.integer();
      } else if (attribute.equals("pragma")) {
        scanner.string();
        scanner.accept(';');
      } else if (!attribute.equals("noreturn")) {
        throw scanner.error("the attribute .%s is not simulated".formatted(attribute));
      }
    }
    return maxThreads;
  }

  private int product() {
    long product = scanner.integer();
    while (scanner.accept(',')) {
      product *= scanner.integer();
    }
    return Math.toIntExact(product);
  }
}
