package io.llmd.autoscaler.variant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class VariantTest {

    private static Variant costing(double cost, boolean isFree) {
        return new Variant("n", "v", "m", Role.UNIFIED, Set.of(), cost, isFree, "gpu", 1, 0, 3, 0);
    }

    @Test
    @DisplayName("row 51: a cost that is missing is refused, and never ranks first")
    @Tag("autoscaling-51")
    void costIsMandatory() {
        assertThatThrownBy(() -> costing(0, false)).hasMessageContaining("cost-per-hour of n/v: 0.0 (expected: > 0");
        assertThatThrownBy(() -> costing(Double.NaN, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> costing(-1, true)).isInstanceOf(IllegalArgumentException.class);
        assertThat(costing(0, true).costPerHour()).isZero();
    }

    @Test
    void boundsAreChecked() {
        assertThatThrownBy(() -> costing(1, false).bounded(4, 3)).hasMessageContaining("min 4, max 3");
        assertThatThrownBy(() -> costing(1, false).bounded(0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
