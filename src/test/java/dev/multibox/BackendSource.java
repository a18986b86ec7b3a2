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
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Runs a test once on every backend this machine has that can do what the test is about; its one
 * argument is the backend: {@code cpu}, and {@code cuda-simulated}, which is {@link
 * SimulatedBackend}.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@ArgumentsSource(BackendSource.Provider.class)
public @interface BackendSource {
  /** Opens the backends; JUnit closes them behind the test. */
  final class Provider implements ArgumentsProvider {
    @Override
    public Stream<? extends Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) {
      Stream<Named<Backend>> cpu = Stream.of("cpu").map(name -> Named.of(name, CpuBackend.open()));
      if (!SimulatedBackend.has(context.getRequiredTestClass().getSimpleName())) {
        return cpu.map(Arguments::of);
      }
      Stream<Named<Backend>> simulated =
          LongStream.rangeClosed(1, SimulatedBackend.seeds())
              .mapToObj(
                  seed -> Named.of("cuda-simulated, seed " + seed, SimulatedBackend.open(seed)));
      return Stream.concat(cpu, simulated).map(Arguments::of);
    }
  }
}
