package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.fault.RequestFaults;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestDispatcherTest {
    private final Routes routes = new Routes();
    private final RequestDispatcher dispatcher =
            new RequestDispatcher(SimulatorSettings.builder().build(), routes, new FaultSwitch(1, 1));

    @ParameterizedTest
    @CsvSource({"x=%zz, %zz", "x=%, %", "x=a%2, a%2", "x=100%&y=1, 100%", "x=a%20b, a b", "x=%25zz, %zz"})
    void percentSignThatBeginsNoCharacterStandsForItself(String query, String value) {
        routes.get(
                "/echo",
                call -> Reply.Content.text("text/plain", call.query().get("x").getFirst()));
        assertThat(answer("/echo?" + query)).isEqualTo(value);
    }

    private String answer(String uri) {
        var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri);
        return new String(
                ((Reply.Content) dispatcher
                                .dispatch(request, RequestFaults.NONE, 8000)
                                .reply())
                        .body(),
                StandardCharsets.UTF_8);
    }
}
