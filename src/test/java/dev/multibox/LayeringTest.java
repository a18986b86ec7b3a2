package dev.multibox;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.EvaluationResult;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Imports between packages point one way, as the table below says. */
class LayeringTest {
  private static final Map<String, Set<String>> MAY_IMPORT = table();

  /** Every package and what it may import besides itself; a package that is not here may not be. */
  private static Map<String, Set<String>> table() {
    Set<String> throughNn = Set.of("tensor", "backend", "autograd", "nn");
    Map<String, Set<String>> table = new LinkedHashMap<>();
    table.put("natives", Set.of());
    table.put("tensor", Set.of());
    table.put("backend", Set.of("tensor"));
    table.put("backend.dry", Set.of("tensor", "backend"));
    table.put("backend.cpu", Set.of("natives", "tensor", "backend"));
    table.put("backend.cuda.driver", Set.of("natives", "tensor"));
    table.put("backend.cuda.cudnn", Set.of("tensor", "backend", "backend.cuda.driver"));
    table.put(
        "backend.cuda", Set.of("tensor", "backend", "backend.cuda.driver", "backend.cuda.cudnn"));
    table.put("autograd", Set.of("tensor", "backend", "backend.dry"));
    table.put("nn", Set.of("tensor", "backend", "autograd"));
    table.put("optim", Set.of("tensor", "backend", "nn"));
    table.put("box", Set.of("tensor", "backend"));
    table.put("model", plus(throughNn, "backend.dry", "optim", "box"));
    table.put("weights", Set.of("tensor", "backend", "nn", "box", "model"));
    table.put("onnx", Set.of("tensor", "backend", "nn", "box", "model", "weights"));
    table.put("data", Set.of("tensor", "backend", "box"));
    table.put("eval", Set.of("box", "data"));
    table.put("picture", Set.of("box", "weights", "data"));
    table.put("train", Set.copyOf(table.keySet()));
    table.put("cli", Set.copyOf(table.keySet()));
    return table;
  }

  private static Set<String> plus(Set<String> packages, String... others) {
    Set<String> all = new HashSet<>(packages);
    all.addAll(List.of(others));
    return Set.copyOf(all);
  }

  @Test
  void importsPointUpTheTable() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.multibox");
    assertThat(classes).isNotEmpty();
    layering("dev.multibox").check(classes);
  }

  @Test
  void catchesAnImportThatPointsDown() {
    assertThat(plantedFailures())
        .anyMatch(failure ->
            failure.contains("tensor may not import cli")
                && failure.contains("ImportsTheCommandLine"));
  }

  @Test
  void catchesAPackageThatIsNotInTheTable() {
    assertThat(plantedFailures())
        .anyMatch(failure ->
            failure.contains("gadgets is not in the table") && failure.contains("Gadget"));
  }

  @Test
  void catchesNothingElseInThePlantedProject() {
    assertThat(plantedFailures())
        .allMatch(failure ->
            failure.contains("tensor may not import cli")
                || failure.contains("is not in the table"));
  }

  @Test
  void allowsNoCycle() {
    // Each package imports only what stands in the table with all that it may import in turn.
    for (String from : MAY_IMPORT.keySet()) {
      assertThat(reachable(from, new HashSet<>())).describedAs(from).doesNotContain(from);
    }
  }

  private static Set<String> reachable(String from, Set<String> seen) {
    for (String next : MAY_IMPORT.getOrDefault(from, Set.of())) {
      assertThat(MAY_IMPORT).containsKey(next);
      if (seen.add(next)) {
        reachable(next, seen);
      }
    }
    return seen;
  }

  private static List<String> plantedFailures() {
    JavaClasses planted = new ClassFileImporter().importPackages("dev.multibox.planted");
    EvaluationResult result = layering("dev.multibox.planted").evaluate(planted);
    return result.getFailureReport().getDetails();
  }

  /** The rule for the packages below {@code root}. */
  private static ArchRule layering(String root) {
    return ArchRuleDefinition.classes()
        .that(DescribedPredicate.describe("lie in " + root, type -> isIn(root, type)))
        .should(
            new ArchCondition<>("import only what the table of packages allows") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                String from = relative(root, type);
                if (!MAY_IMPORT.containsKey(from)) {
                  violation(events, type, "package %s is not in the table".formatted(from));
                }
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                  checkImport(root, from, dependency, events);
                }
              }
            });
  }

  private static void checkImport(
      String root, String from, Dependency dependency, ConditionEvents events) {
    JavaClass target = dependency.getTargetClass().getBaseComponentType();
    if (!isIn(root, target)) {
      return;
    }
    String to = relative(root, target);
    if (!to.equals(from) && !MAY_IMPORT.getOrDefault(from, Set.of()).contains(to)) {
      violation(
          events,
          dependency.getOriginClass(),
          "%s may not import %s: %s".formatted(from, to, dependency.getDescription()));
    }
  }

  private static void violation(ConditionEvents events, JavaClass type, String what) {
    events.add(SimpleConditionEvent.violated(type, "%s: %s".formatted(type.getName(), what)));
  }

  private static boolean isIn(String root, JavaClass type) {
    return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
  }

  private static String relative(String root, JavaClass type) {
    String name = type.getPackageName();
    return name.equals(root) ? "" : name.substring(root.length() + 1);
  }
}
