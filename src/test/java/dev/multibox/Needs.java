package dev.multibox;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * Skips a test, or all tests of a class, where this machine lacks what they need. A condition and
 * not an assumption before the tests: a class whose preparation is given up counts as none.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(Needs.Condition.class)
public @interface Needs {
  /** What is needed. */
  Class<? extends Thing> value();

  /** Something that a machine may lack. */
  @FunctionalInterface
  interface Thing {
    /** What is absent, and what to do about it; empty where nothing is. */
    String absence();
  }

  /** Asks the thing. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String absence =
          AnnotationSupport.findAnnotation(context.getElement(), Needs.class)
              .map(needs -> ReflectionSupport.newInstance(needs.value()).absence())
              .orElse("");
      return absence.isEmpty()
          ? ConditionEvaluationResult.enabled("nothing is absent")
          : ConditionEvaluationResult.disabled(absence);
    }
  }
}
