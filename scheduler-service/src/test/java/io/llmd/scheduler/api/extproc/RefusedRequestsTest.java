package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.Proxy.list;
import static io.llmd.scheduler.api.extproc.Proxy.set;
import static io.llmd.scheduler.api.extproc.Proxy.text;
import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.llmd.scheduler.scheduling.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What proxies are answered under a configuration: from their message through all plugins to the status. */
class RefusedRequestsTest {

    private static final String PATH = "/v1/completions";
    private static final String BODY = "{\"model\":\"m\",\"prompt\":\"" + "x".repeat(12_000) + "\"}";
    private static final String OBJECTIVE = "x-llm-d-inference-objective";

    private DecidingDoor door;

    @BeforeEach
    void start() throws IOException {
        door = new DecidingDoor();
    }

    @AfterEach
    void stop() {
        door.close();
    }

    @Test
    @Tag("scheduling-51")
    @Tag("bad-input-B83")
    void nobodyThereOrAllowedIs503AndNobodyLeftIs429() {
        serve("""
                  - {type: utilization-filter, parameters: {conditions: [{metric: waiting-queue, maxValue: 4}]}}
                """);
        assertThat(ask()).isEqualTo("503 rejected-no-endpoints");
        over(endpoint("a", 5, 1, 0.5));
        assertThat(askWithHint(list())).isEqualTo("503 rejected-no-endpoints");
        assertThat(askWithHint(list(text("10.9.9.9")))).isEqualTo("503 rejected-no-endpoints");
        assertThat(askWithHint(list(text("127.0.0.1")))).isEqualTo("429 rejected-saturated");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
        over(endpoint("a", 4, 1, 0.5));
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-30")
    void anEndpointAboveItsLimitsIs429UnlessAFallbackIsWanted() {
        String limits =
                "conditions: [{metric: active-requests, maxValue: 4}, {metric: kv-cache-utilization, maxValue: 0.8}]";
        over(endpoint("a", 0, 6, 0.9));
        serve("  - {type: utilization-filter, parameters: {" + limits + "}}\n");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
        serve("  - {type: utilization-filter, parameters: {fallbackOnEmpty: true, " + limits + "}}\n");
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-54")
    void withoutPrefillEndpointsDecodeServesAloneAndAForgedHeaderIsRemoved() throws IOException {
        serveExample("prefill-decode");
        over(role("d", "decode"), role("p", "prefill"));
        HeaderMutation both = head("x-prefiller-host-port", "1.2.3.4:80");
        over(role("d", "decode"));
        HeaderMutation alone = head("x-prefiller-host-port", "1.2.3.4:80");

        assertThat(set(both)).containsEntry("x-prefiller-host-port", "127.0.0.1:8000");
        assertThat(set(alone))
                .containsEntry("x-gateway-destination-endpoint", "127.0.0.1:8000")
                .doesNotContainKey("x-prefiller-host-port");
        assertThat(alone.getRemoveHeadersList()).contains("x-prefiller-host-port");
    }

    @Test
    @Tag("scheduling-55")
    void withoutDecodeEndpointsItIs429() throws IOException {
        serveExample("prefill-decode");
        over(role("p", "prefill"));

        assertThat(ask()).isEqualTo("429 rejected-saturated");
    }

    @Test
    @Tag("scheduling-61")
    void whereAllAreAtTheirMostItIs429() {
        serve("  - {type: concurrency-detector, parameters: {maxConcurrency: 1}}\n");
        over(endpoint("a", 0, 0, 0));
        assertThat(ask()).isEqualTo("forwarded");
        assertThat(ask()).isEqualTo("429 rejected-saturated");
    }

    @Test
    @Tag("scheduling-62")
    @Tag("scheduling-63")
    @Tag("flow-control-F49")
    void sheddableRequestsAre429WhileThePoolIsFullAndOthersAreNot() {
        serve("  - {type: queue-scorer}\n");
        over(endpoint("a", 5, 0, 0));
        assertThat(ask(OBJECTIVE, "batch")).isEqualTo("429 rejected-saturated");
        over(endpoint("a", 35, 0, 0));
        assertThat(ask()).isEqualTo("forwarded");
        over(endpoint("a", 0, 0, 0.792));
        assertThat(ask(OBJECTIVE, "batch")).isEqualTo("forwarded");
        serve("  - {type: probabilistic-admitter}\n");
        over(endpoint("a", 0, 0, 0.4));
        assertThat(ask(OBJECTIVE, "batch")).as("denied by the admitter").isEqualTo("429 rejected-saturated");
        assertThat(ask()).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-75")
    void anUnknownProfileIs400() {
        serve("""
                  - {type: header-profile-handler}
                  - {type: max-score-picker}
                schedulingProfiles:
                  - {name: chat, plugins: [{pluginRef: max-score-picker}]}
                  - {name: batch, plugins: [{pluginRef: max-score-picker}]}
                """);
        over(endpoint("a", 0, 0, 0));
        assertThat(ask("epp-profile", "ghost")).isEqualTo("400 null");
        assertThat(ask("epp-profile", "batch")).isEqualTo("forwarded");
    }

    @Test
    @Tag("scheduling-76")
    void whatIsNotCachedIs412WhereOnlyCachedDecodingIsWanted() {
        serve("  - {type: prefix-cache-scorer}\n");
        over(endpoint("a", 0, 0, 0));
        assertThat(ask("prefer", "if-available")).isEqualTo("412 null");
        assertThat(ask()).isEqualTo("forwarded");
        assertThat(ask("prefer", "if-available")).isEqualTo("forwarded");
    }

    private void serve(String plugins) {
        door.serve(plugins);
    }

    private void serveExample(String name) throws IOException {
        door.load(Files.readString(Path.of("..", "docs", "examples", name + ".yaml")));
    }

    private static Endpoint role(String name, String role) {
        return labelled(name, Map.of("llm-d.ai/role", role));
    }

    private void over(Endpoint... endpoints) {
        door.over(endpoints);
    }

    /** Status and reason, or that the request goes on to an endpoint. */
    private String ask(String... headers) {
        return answer(door.open().post(PATH, headers));
    }

    private String askWithHint(Value hint) {
        return answer(door.postWithHint(PATH, hint));
    }

    private static String answer(Proxy proxy) {
        ProcessingResponse answer = complete(proxy);
        return answer.hasRequestHeaders() ? "forwarded" : DecidingDoor.told(answer);
    }

    private HeaderMutation head(String... headers) {
        return complete(door.open().post(PATH, headers))
                .getRequestHeaders()
                .getResponse()
                .getHeaderMutation();
    }

    private static ProcessingResponse complete(Proxy proxy) {
        return proxy.body(BODY, true).answers().getFirst();
    }
}
