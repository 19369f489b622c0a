package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.fault.AdminApi;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.fault.ScriptPlayer;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import io.llmd.testsupport.FreePorts;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EndpointTest {
    private static final SimulatorSettings SETTINGS =
            SimulatorSettings.builder().port(0).build();

    private final SimulatorRuntime runtime = new SimulatorRuntime(1);

    @AfterEach
    void stop() {
        runtime.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/health/ready", "/ping"})
    void endpointWhoseEngineBrokeIsUnhealthy(String path) {
        Endpoint endpoint = endpoint(SETTINGS, new WordTokenizer());
        assertThat(status(endpoint, path)).isEqualTo(200);
        runtime.driver()
                .execute(() ->
                        runtime.driver().drop(endpoint.ranks().first().engine(), new IllegalStateException("broken")));
        await("it is noticed").until(() -> status(endpoint, path) == 503);
        endpoint.close();
    }

    @Test
    void endpointThatDoesNotStartLeavesNoPortBehind() throws IOException {
        int port = FreePorts.next();
        SimulatorSettings settings = SimulatorSettings.builder()
                .port(0)
                .handoff(handoff -> handoff.connector(KvConnector.NIXL).sideChannelPort(port))
                .build();
        assertThatIllegalStateException().isThrownBy(() -> endpoint(settings, BrokenTokenizer.at("vocabularySize")));
        endpoint(settings, new WordTokenizer()).close();
    }

    @Test
    void backgroundWorkThatCannotBeginIsAnsweredAndEnds() {
        Endpoint endpoint = endpoint(SETTINGS, BrokenTokenizer.at("output"));
        EmbeddedChannel connection = new EmbeddedChannel(new ConnectionHandler(endpoint));
        connection.writeInbound(post("/v1/responses", "{\"input\":\"Hi\",\"background\":true}"));
        FullHttpResponse answer = connection.readOutbound();
        assertThat(answer.status().code()).isEqualTo(500);
        assertThat(endpoint.ranks().first().inProgress()).isZero();
        answer.release();
        connection.finishAndReleaseAll();
        endpoint.close();
    }

    private Endpoint endpoint(SimulatorSettings settings, Tokenizer tokenizer) {
        FaultSwitch faults = new FaultSwitch(1, 1);
        ScriptPlayer player = new ScriptPlayer(faults, runtime::after, System::nanoTime);
        return new Endpoint(settings, tokenizer, runtime, Instant.EPOCH, faults, new AdminApi(faults, player));
    }

    private static int status(Endpoint endpoint, String path) {
        var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path);
        Reply reply = endpoint.dispatcher()
                .dispatch(request, RequestFaults.NONE, 8000)
                .reply();
        return ((Reply.Content) reply).status();
    }

    private static DefaultFullHttpRequest post(String path, String body) {
        var request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.POST, path, Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
        request.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        return request;
    }
}
