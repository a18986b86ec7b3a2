package dev.multibox;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Runs a test once on each backend; its one argument is the backend: {@code cpu}, {@code
 * cuda-simulated}, which is {@link SimulatedBackend}, if the test is of one family of kernels, and
 * {@code cuda} where there is a GPU. {@code -Dmultibox.backends=NAME} runs it on that one alone,
 * whatever the test is of.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Tag("gpu")
@ParameterizedTest(name = "{0}", allowZeroInvocations = true)
@ArgumentsSource(BackendSource.Provider.class)
public @interface BackendSource {
  /** Opens the backends; JUnit closes them behind the test. */
  final class Provider implements ArgumentsProvider {
    /** The one backend to run on; empty for every one. */
    private static final String ONLY = System.getProperty("multibox.backends", "");

    @Override
    public Stream<? extends Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) {
      return switch (ONLY) {
        case "cuda" -> RealBackend.ifThere().map(Arguments::of);
        case "cuda-simulated" -> simulated().map(Arguments::of);
        case "cpu" -> cpu().map(Arguments::of);
        case "" ->
            Stream.of(cpu(), simulatedFor(context), RealBackend.ifThere())
                .flatMap(each -> each)
                .map(Arguments::of);
        default ->
            throw new IllegalArgumentException(
                "-Dmultibox.backends was %s, wanted cpu, cuda-simulated or cuda".formatted(ONLY));
      };
    }

    private static Stream<Named<Backend>> cpu() {
      return Stream.of("cpu").map(name -> Named.of(name, CpuBackend.open()));
    }

    /** Whole networks take long there. */
    private static Stream<Named<Backend>> simulatedFor(ExtensionContext context) {
      String test = context.getRequiredTestClass().getSimpleName();
      return SimulatedBackend.has(test) ? simulated() : Stream.empty();
    }

    private static Stream<Named<Backend>> simulated() {
      return LongStream.rangeClosed(1, SimulatedBackend.seeds())
          .mapToObj(seed -> Named.of("cuda-simulated, seed " + seed, SimulatedBackend.open(seed)));
    }
  }
}
