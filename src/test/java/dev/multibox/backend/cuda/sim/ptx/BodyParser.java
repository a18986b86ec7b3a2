package dev.multibox.backend.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the body of a function, after its opening brace. */
final class BodyParser {
  private static final Set<String> VARIABLE_SPACES = Set.of("local", "shared", "param", "const");

  private final PtxScanner scanner;
  private final SourceFiles sources;
  private final DeclarationParser declarations;
  private final List<PtxVariable> variables = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private Scope scope = new Scope(null, "", 0);
  private int blocks;

  BodyParser(PtxScanner scanner, SourceFiles sources, DeclarationParser declarations) {
    this.scanner = scanner;
    this.sources = sources;
    this.declarations = declarations;
  }

  List<PtxVariable> variables() {
    return variables;
  }

  List<Statement> statements() {
    return statements;
  }

  void read() {
    sources.reset();
    while (true) {
      if (scanner.accept('{')) {
        blocks++;
        scope = new Scope(scope, "{" + blocks, statements.size());
      } else if (scanner.accept('}')) {
        closeScope();
        Scope parent = scope.parent();
        if (parent == null) {
          return;
        }
        scope = parent;
      } else if (scanner.peek() == '.') {
        directive();
      } else if (!scanner.accept(';')) {
        labelOrInstruction();
      }
    }
  }

  /** Gives jumps to the labels of this block their unique names. */
  private void closeScope() {
    if (scope.labels().isEmpty() || scope.parent() == null) {
      return;
    }
    for (int i = scope.firstStatement(); i < statements.size(); i++) {
      statements.set(i, LabelNames.renamed(statements.get(i), scope.labels()));
    }
  }

  private void directive() {
    String directive = scanner.directive();
    if (directive.equals("loc")) {
      sources.read(scanner);
    } else if (directive.equals("reg")) {
      registers();
    } else if (directive.equals("pragma")) {
      scanner.string();
      scanner.expect(';');
    } else if (VARIABLE_SPACES.contains(directive)) {
      for (PtxVariable variable : declarations.variables(directive)) {
        variables.add(
            new PtxVariable(
                directive,
                variable.type(),
                scope.declareVariable(variable.name()),
                variable.alignment(),
                variable.bytes(),
                variable.values()));
      }
    } else {
      throw scanner.error("the directive .%s is not simulated".formatted(directive));
    }
  }

  private void registers() {
    String suffix = scanner.directive();
    if (!PtxType.isType(suffix)) {
      throw scanner.error("registers of type .%s are not simulated".formatted(suffix));
    }
    PtxType type = PtxType.of(suffix);
    do {
      String name = scanner.word();
      if (scanner.accept('<')) {
        scope.declareFamily(name, type, scanner.integer());
        scanner.expect('>');
      } else {
        scope.declareRegister(name, type);
      }
    } while (scanner.accept(','));
    scanner.expect(';');
  }

  private void labelOrInstruction() {
    int line = scanner.line();
    if (scanner.accept('@')) {
      boolean negated = scanner.accept('!');
      Operand guard = new OperandParser(scanner, scope).operand();
      if (!(guard instanceof Operand.Reg predicate)) {
        throw scanner.error("expected a predicate");
      }
      instruction(line, new Operand.Reg(predicate.register(), negated), scanner.opcode());
      return;
    }
    String word = scanner.opcode();
    if (word.isEmpty()) {
      throw scanner.error("expected an instruction");
    }
    if (word.endsWith(":")) {
      label(word.substring(0, word.length() - 1));
    } else if (scanner.accept(':')) {
      label(word);
    } else {
      instruction(line, null, word);
    }
  }

  private void instruction(int line, Operand.@Nullable Reg guard, String opcode) {
    List<Operand> operands = new OperandParser(scanner, scope).list();
    statements.add(new PtxInstruction(line, sources.current(), guard, opcode, operands));
  }

  private void label(String name) {
    if (scanner.acceptDirective("branchtargets") || scanner.acceptDirective("calltargets")) {
      List<String> labels = new ArrayList<>();
      do {
        labels.add(scanner.word());
      } while (scanner.accept(','));
      scanner.expect(';');
      statements.add(new Statement.Targets(scope.declareLabel(name), labels));
    } else if (scanner.acceptDirective("callprototype")) {
      while (!scanner.accept(';')) {
        skipPrototypePart();
      }
    } else {
      statements.add(new Statement.Label(scope.declareLabel(name)));
    }
  }

  private void skipPrototypePart() {
    for (char sign : "().,[]".toCharArray()) {
      if (scanner.accept(sign)) {
        return;
      }
    }
    scanner.word();
  }
}
