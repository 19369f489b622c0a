package io.llmd.lab.predictor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.lab.fleet.Conditions;
import io.llmd.lab.fleet.Fleet;
import io.llmd.lab.predictor.PredictorStudy.Outcome;
import io.llmd.lab.traffic.ChatSessions;
import io.llmd.lab.traffic.Traffic;
import io.llmd.scheduler.latency.LatencySample.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictorStudyTest {

    private static final Traffic CHATS = new ChatSessions(new ChatSessions.Shape(120, 6, 4, 1500, 5, 300, 60, 2));
    private static final PredictorStudy STUDY =
            new PredictorStudy(Fleet.DEFAULT.withEndpoints(4).withCache(64, 60_000), Conditions.DEFAULT);

    @Test
    void theServingPredictorIsWithinAQuarterAndNineOfTenStayWithinTheirBounds() {
        Outcome outcome = STUDY.run(CHATS, 1);

        Accuracy serving = of(outcome, Kind.TIME_TO_FIRST_TOKEN, "serving");
        assertThat(serving.samples()).isGreaterThan(250);
        assertThat(serving.predicted()).isBetween(serving.samples() - 150, serving.samples() - 99);
        assertThat(serving.meanError()).isLessThan(0.25);
        assertThat(serving.coverage()).isCloseTo(0.9, within(0.07));
        assertThat(of(outcome, Kind.TIME_PER_OUTPUT_TOKEN, "serving").meanError())
                .isLessThan(0.25);
        assertThat(of(outcome, Kind.TIME_PER_OUTPUT_TOKEN, "step model").meanError())
                .isBetween(0.0, 0.25);
        assertThat(of(outcome, Kind.TIME_TO_FIRST_TOKEN, "boosted trees").meanError())
                .isBetween(0.0, 1.0);
        assertThat(outcome.costs()).extracting(PredictionCost::model).containsExactly("step model", "boosted trees");
        PredictorReport report = new PredictorReport(List.of(outcome));
        assertThat(report.csv().lines()).hasSize(1 + 2 * 3);
        assertThat(report.markdown()).contains("| chat | serving | ", "### Learning", "### Cost");
        assertThat(report.images()).containsOnlyKeys("predictor-ttft.png", "predictor-tpot.png");
    }

    private static Accuracy of(Outcome outcome, Kind kind, String model) {
        return outcome.accuracies().stream()
                .filter(accuracy -> accuracy.kind() == kind && accuracy.model().equals(model))
                .findAny()
                .orElseThrow();
    }
}
