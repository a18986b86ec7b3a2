package dev.multibox.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.multibox.optim.LearningRate.Constant;
import dev.multibox.optim.LearningRate.MultiStep;
import dev.multibox.optim.LearningRate.WarmUp;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  private static final float ULP = 1e-9f;

  @Test
  void dropsAtEachMilestone() {
    LearningRate rate = new MultiStep(1e-3f, List.of(80L, 100L), 0.1f);

    assertThat(rate.at(0)).isEqualTo(1e-3f);
    assertThat(rate.at(79)).isEqualTo(1e-3f);
    assertThat(rate.at(80)).isCloseTo(1e-4f, within(ULP));
    assertThat(rate.at(100)).isCloseTo(1e-5f, within(ULP));
  }

  @Test
  void risesInALineToExactlyTheOtherSchedule() {
    LearningRate rate = new WarmUp(10, 0.1f, new Constant(0.5f));

    assertThat(rate.at(0)).isCloseTo(0.05f, within(1e-8f));
    assertThat(rate.at(5)).isCloseTo(0.275f, within(1e-7f));
    assertThat(rate.at(10)).isEqualTo(0.5f);
  }

  @Test
  void noWarmUpIsTheOtherSchedule() {
    assertThat(new WarmUp(0, 0, new Constant(0.5f)).at(0)).isEqualTo(0.5f);
  }

  @Test
  void refusesMilestonesOutOfOrder() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MultiStep(1, List.of(5L, 5L), 0.1f))
        .withMessage("learningRate: milestones were [5, 5], wanted them ascending");
  }

  @Test
  void aCosineIsHalfAWave() {
    LearningRate rate = new LearningRate.Cosine(0.2f, 300);

    assertThat(rate.at(0)).isEqualTo(0.2f);
    // cos 60 degrees is a half.
    assertThat(rate.at(100)).isCloseTo(0.15f, within(1e-8f));
    assertThat(rate.at(150)).isCloseTo(0.1f, within(1e-8f));
    assertThat(rate.at(300)).isEqualTo(0);
    assertThat(rate.at(301)).isEqualTo(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LearningRate.Cosine(0.2f, 0))
        .withMessage("learningRate: iterations were 0, wanted at least 1");
  }
}
