package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

class DueWorkTest {

    private final DueWork due = new DueWork(600);

    @Test
    void thoseThatWaitAreTheLastThatCame() {
        due.add(0, 100);
        due.add(60, 140);
        due.add(120, 150);

        assertThat(due.waiting(30, 200)).containsExactly(new Work(460, 20), new Work(520, 10));
    }

    @Test
    void whatWasNotSeenToArriveIsDueAsTheOldestThatWas() {
        due.add(0, 100);
        due.add(60, 110);

        assertThat(due.waiting(25, 100)).containsExactly(new Work(560, 15), new Work(560, 10));
    }

    @Test
    void whatWaitedBeforeTheCountBeganComesNearerAllTheSame() {
        due.add(1_000, 20_000);
        due.add(1_010, 20_000);

        assertThat(due.waiting(50, 1_010)).containsExactly(new Work(590, 50));
        assertThat(due.waiting(50, 1_400)).containsExactly(new Work(200, 50));
    }

    @Test
    void whatIsOverdueStaysWork() {
        due.add(0, 0);
        due.add(10, 5);

        assertThat(due.waiting(5, 1_000)).containsExactly(new Work(-390, 5));
    }

    @Test
    void aCounterThatBeginsAnewAddsNothing() {
        due.add(0, 100);
        due.add(10, 120);
        due.add(20, 3);
        due.add(30, 5);

        assertThat(due.waiting(22, 40)).containsExactly(new Work(570, 22));
    }

    @Test
    void withoutADeadlineNothingIsEverDue() {
        DueWork never = new DueWork(Double.POSITIVE_INFINITY);
        never.add(0, 0);
        never.add(10, 50);

        assertThat(never.hasDeadline()).isFalse();
        assertThat(never.waiting(50, 20)).isEqualTo(List.of());
        assertThatThrownBy(() -> new DueWork(0)).hasMessage("deadlineSeconds: 0.0 (expected: > 0)");
    }
}
