package io.llmd.scheduler.plugin.admitter;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LatencySloAdmitterTest {

    private static final Map<String, String> OBJECTIVE = Map.of("x-slo-ttft-ms", "200");
    private static final Endpoint BUSY = endpoint("a", 1, 4, 0.5);

    private final LatencySloAdmitter admitter = new LatencySloAdmitter(new LatencySloAdmitter.Params(""));

    @Test
    @Tag("scheduling-64")
    void sheddableRequestsAreDeniedWhenNobodyMeetsTheirObjectives() {
        assertThat(admitter.denial(request(-1, OBJECTIVE), predicted(false, BUSY, BUSY)))
                .isEqualTo("no endpoint would meet the latency objectives of the request");
    }

    @Test
    @Tag("scheduling-64")
    void othersAreAdmitted() {
        assertThat(admitter.denial(request(0, OBJECTIVE), predicted(false, BUSY)))
                .isNull();
        assertThat(admitter.denial(request(-1, Map.of()), predicted(false, BUSY)))
                .isNull();
        assertThat(admitter.denial(request(-1, Map.of("x-slo-ttft-ms", "soon")), predicted(false, BUSY)))
                .isNull();
    }

    @Test
    @Tag("scheduling-64")
    void whileOneMeetsThemOrIsIdleOrColdTheRequestIsAdmitted() {
        assertThat(admitter.denial(request(-1, OBJECTIVE), predicted(true, BUSY)))
                .isNull();
        assertThat(admitter.denial(request(-1, OBJECTIVE), predicted(false, BUSY, endpoint("b", 0, 0, 0.5))))
                .isNull();
        assertThat(admitter.denial(request(-1, OBJECTIVE), predicted(false, BUSY, endpoint("b", 0, 3, 0.01))))
                .isNull();
    }

    @Test
    void anEndpointWithAnOldReadingDoesNotCountAsIdle() {
        assertThat(admitter.denial(request(-1, OBJECTIVE), predicted(false, BUSY, stale(endpoint("b", 0, 0, 0)))))
                .isNotNull();
    }

    @Test
    @Tag("scheduling-64")
    void withoutPredictionsTheRequestIsAdmitted() {
        assertThat(admitter.denial(request(-1, OBJECTIVE), Candidates.of(BUSY))).isNull();
    }

    private static Candidates predicted(boolean isMet, Endpoint... endpoints) {
        Candidates candidates = Candidates.of(endpoints);
        LatencyPredictions predictions = new LatencyPredictions(endpoints.length);
        for (int slot = 0; slot < endpoints.length; slot++) {
            predictions.set(slot, new Prediction(1, 1, 1, 1, isMet, true, 1));
        }
        candidates.put(DataKeys.latencyPredictions(""), predictions);
        return candidates;
    }

    private static InferenceRequest request(int priority, Map<String, String> headers) {
        InferenceRequest any = EndpointFixture.request(headers, 0);
        return new InferenceRequest("r", "m", any.body(), headers, priority, any.fairnessId(), 0, any.random());
    }
}
