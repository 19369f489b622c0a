package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.producer.SessionIdProducer.Params;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SessionIdProducerTest {

    @Test
    void theIdIsTheTrimmedValueOfAHeader() {
        assertThat(read("headerName: X-Chat", Map.of("x-chat", " s-1 "))).isEqualTo("s-1");
    }

    @Test
    void theIdIsTheValueOfACookie() {
        assertThat(read("cookieName: sid", Map.of("cookie", "a=1; sid=s=2 ;b=3")))
                .isEqualTo("s=2");
        assertThat(read("cookieName: sid", Map.of("cookie", "xsid=1; Sid=2; sid")))
                .isNull();
    }

    @Test
    void nothingIsWrittenWithoutAnId() {
        assertThat(read("headerName: x-chat", Map.of())).isNull();
        assertThat(read("headerName: x-chat", Map.of("x-chat", "  "))).isNull();
        assertThat(read("cookieName: sid", Map.of())).isNull();
        assertThat(read("cookieName: sid", Map.of("cookie", "sid="))).isNull();
    }

    @Test
    void exactlyOneSourceIsNeeded() {
        assertThatThrownBy(() -> params("")).hasMessageContaining("none (expected: either headerName or cookieName)");
        assertThatThrownBy(() -> params("{headerName: h, cookieName: c}"))
                .hasMessageContaining("h (expected: either headerName or cookieName)");
    }

    private static @Nullable String read(String parameters, Map<String, String> headers) {
        SessionIdProducer producer = new SessionIdProducer("sid", params(parameters));
        Candidates candidates = idle("a");
        producer.produce(request(headers, 0), candidates);
        assertThat(producer.produces()).containsExactly(DataKeys.sessionId("sid"));
        return candidates.data(DataKeys.sessionId("sid"));
    }

    private static Params params(String parameters) {
        return ParameterBinder.bind(Params.class, parameters);
    }
}
