package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RequestMixTest {

    @Test
    void kindsComeAsOftenAsTheirWeightsSay() {
        RequestMix mix = new RequestMix(List.of(
                RequestMix.Kind.parse("3:x-llm-d-inference-objective=batch"),
                RequestMix.Kind.parse("1:x-llm-d-inference-objective=chat,x-team=a")));
        SplittableRandom random = new SplittableRandom(7);
        int[] counts = new int[2];
        for (int i = 0; i < 10_000; i++) {
            counts[mix.next(random)]++;
        }
        assertThat(counts[0]).isBetween(7_300, 7_700);
        assertThat(mix.headers(1)).isEqualTo(Map.of("x-llm-d-inference-objective", "chat", "x-team", "a"));
    }

    @Test
    void keysAreNotNamedInReports() {
        assertThat(RequestMix.Kind.parse("1:authorization=Bearer sk-secret-1234")
                        .name())
                .isEqualTo("authorization=…1234");
        assertThat(RequestMix.Kind.parse("1:x-api-key=short").name()).isEqualTo("x-api-key=…");
        assertThat(RequestMix.Kind.parse("1:x-passphrase=short").name()).isEqualTo("x-passphrase=…");
        assertThat(RequestMix.Kind.parse("1:x-other=0123456789abcdef").name()).isEqualTo("x-other=…cdef");
    }

    @Test
    void kindsAreToldApartInReports() {
        assertThat(RequestMix.Kind.parse("3:x-team=batch").name()).isEqualTo("x-team=batch");
    }

    @Test
    void oneKindWithoutHeadersIsTheRule() {
        assertThat(RequestMix.NONE.next(new SplittableRandom(1))).isZero();
        assertThat(RequestMix.NONE.headers(0)).isEmpty();
    }

    @Test
    void whatIsNoKindIsRefused() {
        assertThatThrownBy(() -> RequestMix.Kind.parse("x=1")).hasMessageContaining("WEIGHT:");
        assertThatThrownBy(() -> RequestMix.Kind.parse("0:x=1")).hasMessageContaining("weight");
        assertThatThrownBy(() -> RequestMix.Kind.parse("1:x")).hasMessageContaining("expected");
    }
}
