package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.flowcontrol.Admission.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionResponseTest {

    @ParameterizedTest
    @CsvSource({
        "SATURATED, 429, rejected-saturated",
        "QUEUE_FULL, 429, rejected-saturated",
        "TTL_EXPIRED, 429, rejected-ttl-expired",
        "TTL_EXPIRED_WITHOUT_ENDPOINTS, 503, rejected-no-endpoints",
        "NO_ENDPOINTS, 503, rejected-no-endpoints",
        "CANCELLED, 503, rejected-context-cancelled",
        "SHUTTING_DOWN, 503, rejected-shutting-down",
        "FAILED, 500,"
    })
    void eachReasonHasItsStatusAndItsWord(Reason reason, int status, String droppedReason) {
        assertThat(AdmissionResponse.of(reason)).isEqualTo(new AdmissionResponse(status, droppedReason));
    }

    @ParameterizedTest
    @CsvSource({
        "SATURATED, RejectedCapacity, EvictedOther",
        "QUEUE_FULL, RejectedCapacity, EvictedOther",
        "TTL_EXPIRED, RejectedOther, EvictedTTL",
        "TTL_EXPIRED_WITHOUT_ENDPOINTS, RejectedOther, EvictedTTL",
        "NO_ENDPOINTS, RejectedNoEndpoints, EvictedNoEndpoints",
        "CANCELLED, RejectedOther, EvictedContextCancelled",
        "SHUTTING_DOWN, RejectedOther, EvictedOther",
        "FAILED, RejectedOther, EvictedOther"
    })
    void eachOutcomeHasItsNameInMeters(Reason reason, String rejected, String evicted) {
        assertThat(AdmissionResponse.outcomeName(new Admission.Rejected(reason, Duration.ZERO)))
                .isEqualTo(rejected);
        assertThat(AdmissionResponse.outcomeName(new Admission.Evicted(reason, Duration.ZERO, Duration.ZERO)))
                .isEqualTo(evicted);
    }

    @Test
    void aDispatchedRequestIsCalledSo() {
        assertThat(AdmissionResponse.outcomeName(new Admission.Dispatched(Duration.ZERO)))
                .isEqualTo("Dispatched");
    }

    @Test
    void aRunningRequestThatHadToGoGetsTooManyRequests() {
        assertThat(AdmissionResponse.REVOKED).isEqualTo(new AdmissionResponse(429, "evicted"));
    }
}
