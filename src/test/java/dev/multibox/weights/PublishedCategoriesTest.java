package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.multibox.data.Dataset;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublishedCategoriesTest {
  @Test
  void numbersCocosCategoriesAsItsAnnotationsDo() {
    List<String> byNumber = PublishedCategories.of(91).orElseThrow();
    assertThat(byNumber).hasSize(90);
    // From the categories of instances_val2017.json.
    assertThat(byNumber.get(1 - 1)).isEqualTo("person");
    assertThat(byNumber.get(13 - 1)).isEqualTo("stop sign");
    assertThat(byNumber.get(44 - 1)).isEqualTo("bottle");
    assertThat(byNumber.get(67 - 1)).isEqualTo("dining table");
    assertThat(byNumber.get(70 - 1)).isEqualTo("toilet");
    assertThat(byNumber.get(84 - 1)).isEqualTo("book");
    assertThat(byNumber.get(90 - 1)).isEqualTo("toothbrush");
    assertThat(byNumber).filteredOn(Dataset.UNUSED::equals).hasSize(10);
    assertThat(byNumber.stream().filter(name -> !name.equals(Dataset.UNUSED)))
        .isEqualTo(PublishedCategories.of(81).orElseThrow());
  }

  @Test
  void knowsTheUsualNumbersOfClassesAlone() {
    assertThat(PublishedCategories.of(21).orElseThrow())
        .hasSize(20)
        .isSorted()
        .startsWith("aeroplane")
        .endsWith("tvmonitor");
    assertThat(PublishedCategories.of(81).orElseThrow()).hasSize(80).doesNotHaveDuplicates();
    assertThat(PublishedCategories.of(2)).isEmpty();
  }
}
