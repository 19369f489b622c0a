package io.llmd.gateway.disagg;

import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.ScheduleOutcome;
import io.llmd.contracts.schedule.ScheduleRejection;
import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A gateway in front of two decode, two prefill and two encode endpoints, whose scheduler names the first of decode and
 * prefill.
 */
final class SplitPool implements AutoCloseable {

    static final JsonMapper JSON = JsonMapper.shared();
    static final String CHAT = GatewayFixture.CHAT;
    static final String FALLBACK = "x-llmd-disaggregation-fallback";
    static final String HANDOFF = """
            {"do_remote_prefill": true,"do_remote_decode":false, "remote_block_ids":[[1,2,3],[4]],\
            "remote_engine_id":"e-1","remote_request_id":"r-1","remote_host":"127.0.0.1","remote_port":5600,\
            "tp_size":1,"remote_num_tokens":1e2,"of_a_newer_build":{"a":[1.50,null]}}""";

    private final GatewayFixture gateway;

    SplitPool(String... properties) {
        gateway = new GatewayFixture(6, properties);
        labels("v1", "v1");
        reset();
    }

    GatewayFixture gateway() {
        return gateway;
    }

    FakeModelServer decode() {
        return gateway.endpoint(0);
    }

    FakeModelServer otherDecode() {
        return gateway.endpoint(1);
    }

    FakeModelServer prefill() {
        return gateway.endpoint(2);
    }

    FakeModelServer otherPrefill() {
        return gateway.endpoint(3);
    }

    FakeModelServer encoder() {
        return gateway.endpoint(4);
    }

    FakeModelServer otherEncoder() {
        return gateway.endpoint(5);
    }

    /** Sets role and version labels and waits until the gateway knows them. */
    void labels(String decodeVersion, String prefillVersion) {
        for (int i = 0; i < 6; i++) {
            gateway.scheduler()
                    .label(
                            i,
                            Map.of(
                                    "llm-d.ai/role",
                                    List.of("decode", "prefill", "encode").get(i / 2),
                                    "llm-d.ai/engine-version",
                                    i < 2 ? decodeVersion : prefillVersion));
        }
        awaitLabel(decode(), "llm-d.ai/engine-version", decodeVersion);
        awaitLabel(prefill(), "llm-d.ai/engine-version", prefillVersion);
    }

    void awaitLabel(FakeModelServer server, String name, String value) {
        var directory = gateway.context().getBean(io.llmd.gateway.dispatch.EndpointDirectory.class);
        org.awaitility.Awaitility.await("labels known").until(() -> {
            var status = directory.at(server.hostPort());
            return status != null && value.equals(status.labels().get(name));
        });
    }

    /** The first prefill endpoint under a name that nobody takes for a loopback address, until it is closed. */
    Remote remotePrefill() {
        String host = "127.1";
        gateway.scheduler().serve(host, prefill().port());
        gateway.scheduler().label(6, Map.of("llm-d.ai/role", "prefill", "llm-d.ai/engine-version", "v1"));
        String hostPort = host + ":" + prefill().port();
        var directory = gateway.context().getBean(io.llmd.gateway.dispatch.EndpointDirectory.class);
        org.awaitility.Awaitility.await("endpoint known").until(() -> {
            var status = directory.at(hostPort);
            return status != null && status.labels().containsKey("llm-d.ai/role");
        });
        return new Remote(hostPort, () -> {
            gateway.scheduler().removeEndpoint(6);
            org.awaitility.Awaitility.await("endpoint gone").until(() -> directory.at(hostPort) == null);
        });
    }

    /** An endpoint that is there for a while. */
    record Remote(String hostPort, Runnable end) implements AutoCloseable {

        @Override
        public void close() {
            end.run();
        }
    }

    /** Lets the scheduler name decode and prefill endpoints as always. */
    void reset() {
        gateway.awaitQuiet();
        gateway.reset();
        gateway.scheduler().deciding(this::decide);
        decode().answering(SplitPool::decoded);
        otherDecode().answering(SplitPool::decoded);
        prefill().always(prefilled(HANDOFF));
        otherPrefill().always(prefilled(HANDOFF));
        gateway.context().getBean(Disaggregation.class).pairs().retain(java.util.Set.of());
    }

    ScheduleOutcome decide(ScheduleDecision decision) {
        return decide(decision, Map.of("x-prefiller-host-port", prefill().hostPort()));
    }

    static ScheduleOutcome decide(ScheduleDecision decision, Map<String, String> headers) {
        List<TargetEndpoint> decoders = decision.endpoints().stream()
                .filter(e -> e.id().endsWith("0") || e.id().endsWith("1"))
                .toList();
        return decoders.isEmpty()
                ? new ScheduleRejection(
                        decision.requestId(), ScheduleRejection.Reason.NO_ENDPOINTS, "no decode endpoint", 1_000)
                : new ScheduleDecision(
                        decision.requestId(),
                        0,
                        decision.model(),
                        "decode",
                        decoders,
                        decision.prefix(),
                        headers,
                        Map.of());
    }

    /** The answer of a prefill leg of a chat with these {@code kv_transfer_params}. */
    static Reply prefilled(String handoff) {
        return prefilled(handoff, "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,\"total_tokens\":8}");
    }

    static Reply prefilled(String handoff, String usage) {
        return Reply.json(200, """
                {"id":"chatcmpl-p","object":"chat.completion","created":1,"model":"sim-8b","choices":[{"index":0,\
                "message":{"role":"assistant","content":"H"},"finish_reason":"length"}],%s,"kv_transfer_params":%s}\
                """.formatted(usage, handoff));
    }

    private static Reply decoded(RecordedRequest request) {
        return request.text().contains("\"stream\":true") ? Reply.stream("Hello", " world") : Reply.chat("Hello world");
    }

    double counter(String name, String tag, String value) {
        return Optional.ofNullable(gateway.meters().find(name).tag(tag, value).counter())
                .map(counter -> counter.count())
                .orElse(0.0);
    }

    double fallbacks(String reason) {
        return counter("gateway.disagg.fallbacks", "reason", reason);
    }

    static JsonNode json(RecordedRequest request) {
        return JSON.readTree(request.text());
    }

    static Map<String, JsonNode> members(JsonNode object) {
        Map<String, JsonNode> members = new HashMap<>();
        object.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
        return members;
    }

    /** All values of a header. */
    static List<String> header(RecordedRequest request, String name) {
        return request.headers().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .toList();
    }

    @Override
    public void close() {
        gateway.close();
    }
}
