package io.llmd.autoscaler.api;

import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.FitStore.Learnt;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.planner.ClassDecision;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetDecision;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.contracts.error.ErrorCode;
import java.net.InetSocketAddress;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Decisions over HTTP: what was decided and why, what would be, and holds. Answers are made beside the event loop, for some of
 * them solve a mix.
 */
public final class AutoscalerRoutes {

    private static final int MAX_LISTED = 500;
    private static final int LISTED = 50;

    private final DecisionLog log;
    private final Holds holds;
    private final Supplier<Map<String, Learnt>> fits;
    private final Planner planner;
    private final WhatIf whatIf;
    private final InstantSource clock;
    private final int maxBodyBytes;
    private final WriteAccess access;
    private final BooleanSupplier leads;
    private final JsonMapper json = JsonMapper.builder().build();

    /**
     * Routes.
     *
     * @param maxBodyBytes bytes that the body of a question may have
     * @param access who may do more than read
     * @param leads whether this process decides, for holds of one that does not would change nothing
     */
    public AutoscalerRoutes(
            DecisionLog log,
            Holds holds,
            Supplier<Map<String, Learnt>> fits,
            Planner planner,
            WhatIf whatIf,
            InstantSource clock,
            int maxBodyBytes,
            WriteAccess access,
            BooleanSupplier leads) {
        this.log = log;
        this.holds = holds;
        this.fits = fits;
        this.planner = planner;
        this.whatIf = whatIf;
        this.clock = clock;
        this.maxBodyBytes = maxBodyBytes;
        this.access = access;
        this.leads = leads;
    }

    /** A refusal. */
    private static final class Refusal extends RuntimeException {

        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Refusal(ErrorCode code, String message) {
            super(message, null, false, false);
            this.code = code;
        }
    }

    /** All routes; whatever none of them takes is answered with 404. */
    public RouterFunction<ServerResponse> routes() {
        return RouterFunctions.route()
                .GET("/api/v1/models", request -> answer(this::models))
                .GET("/api/v1/models/{model}", request -> answer(() -> decision(request.pathVariable("model"))))
                .GET("/api/v1/variants/{namespace}/{name}/explain", request -> answer(() -> explain(request)))
                .GET("/api/v1/decisions", request -> answer(() -> decisions(request)))
                .POST("/api/v1/whatif", request -> question(request, this::whatIf))
                .POST("/api/v1/replay", request -> question(request, this::replay))
                .GET("/api/v1/capacity/{namespace}/{name}", request -> answer(() -> capacity(variant(request))))
                .GET(
                        "/api/v1/capacity/{fingerprint}",
                        request -> answer(() -> capacity(request.pathVariable("fingerprint"))))
                .GET("/api/v1/routing/{model}", request -> answer(() -> routing(request.pathVariable("model"))))
                .GET("/api/v1/holds", request -> answer(holds::audit))
                .PUT("/api/v1/variants/{namespace}/{name}/pause", request -> answer(() -> pause(request)))
                .PUT("/api/v1/variants/{namespace}/{name}/resume", request -> answer(() -> resume(request)))
                .PUT("/api/v1/variants/{namespace}/{name}/override", request -> answer(() -> override(request)))
                .route(RequestPredicates.all(), request -> problem(ErrorCode.UNKNOWN_URL, "nothing is at this path"))
                .filter(this::guarded)
                .build();
    }

    private Mono<ServerResponse> guarded(ServerRequest request, HandlerFunction<ServerResponse> next) {
        ErrorCode refusal = request.method().equals(HttpMethod.GET)
                ? null
                : access.refusal(
                        request.headers().firstHeader("authorization"),
                        request.remoteAddress()
                                .map(InetSocketAddress::getAddress)
                                .orElse(null));
        if (refusal == null) {
            return next.handle(request);
        }
        return problem(
                refusal,
                refusal == ErrorCode.PERMISSION_DENIED
                        ? "only from this machine, with server.address on loopback (expected: autoscaler.http.key-file, for others)"
                        : "no or a wrong key (expected: Authorization: Bearer KEY)");
    }

    private Cycle last() {
        return log.last().orElseThrow(() -> new Refusal(ErrorCode.NO_ENDPOINTS, "nothing has been decided yet"));
    }

    private Object models() {
        return Map.of("at", last().at().toString(), "cycle", last().id(), "models", last().published());
    }

    private Decision decision(String model) {
        return last().published().stream()
                .filter(each -> each.model().equals(model))
                .findFirst()
                .orElseThrow(() -> new Refusal(ErrorCode.MODEL_NOT_FOUND, "model: " + model + " is not scaled"));
    }

    private static String variant(ServerRequest request) {
        return request.pathVariable("namespace") + "/" + request.pathVariable("name");
    }

    private Object explain(ServerRequest request) {
        String variant = variant(request);
        DecisionLog.Dated found = log.of(variant, instant(request, "at"))
                .orElseThrow(() -> new Refusal(ErrorCode.UNKNOWN_URL, "variant: nothing decided about " + variant));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("at", found.at().toString());
        answer.put("variant", found.decision().of(variant).orElseThrow());
        answer.put("decision", found.decision());
        return answer;
    }

    private Object decisions(ServerRequest request) {
        return Map.of(
                "decisions",
                log.find(
                        request.queryParam("model").orElse(""),
                        instant(request, "since"),
                        request.queryParam("code").orElse(""),
                        Math.clamp(number(request, "limit", LISTED), 1, MAX_LISTED)));
    }

    private static @Nullable Instant instant(ServerRequest request, String parameter) {
        String text = request.queryParam(parameter).orElse("");
        try {
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new Refusal(
                    ErrorCode.INVALID_VALUE, parameter + ": " + text + " (expected: such as 2026-01-31T12:00:00Z)");
        }
    }

    private static int number(ServerRequest request, String parameter, int absent) {
        String text = request.queryParam(parameter).orElse("");
        if (text.isEmpty()) {
            return absent;
        }
        if (!text.matches("\\d{1,9}")) {
            throw new Refusal(ErrorCode.INVALID_VALUE, parameter + ": " + text + " (expected: a whole number)");
        }
        return Integer.parseInt(text);
    }

    private Object whatIf(byte[] body) {
        Cycle cycle = last();
        List<Tier> tiers = cycle.input().models().stream()
                .flatMap(model -> model.classes().stream())
                .map(each -> each.requestClass().tier())
                .distinct()
                .toList();
        return whatIf.answer(read(body, WhatIf.Question.class), cycle.input(), tiers);
    }

    /** Which cycle to decide again. */
    record ReplayQuestion(@Nullable String cycle) {}

    private Object replay(byte[] body) {
        String id = read(body, ReplayQuestion.class).cycle();
        Cycle cycle = log.cycle(id == null ? "" : id)
                .orElseThrow(() -> new Refusal(ErrorCode.UNKNOWN_URL, "cycle: " + id + " is not known any more"));
        FleetDecision again = planner.decide(cycle.input(), cycle.before(), cycle.nowSeconds(), cycle.id());
        boolean isSame = again.decisions().equals(cycle.decided());
        return Map.of("cycle", cycle.id(), "same", isSame, "decisions", again.decisions());
    }

    private Object capacity(String fingerprint) {
        Learnt learnt = fits.get().get(fingerprint);
        if (learnt == null) {
            throw new Refusal(ErrorCode.UNKNOWN_URL, "fingerprint: " + fingerprint + " is not known");
        }
        return learnt;
    }

    private Object routing(String model) {
        Map<String, Object> classes = new LinkedHashMap<>();
        for (ClassDecision each : decision(model).classes()) {
            classes.put(each.requestClass(), each.routing());
        }
        return Map.of("model", model, "classes", classes);
    }

    private Object pause(ServerRequest request) {
        Instant now = clock.instant();
        Duration ttl = duration(request);
        holds.pause(known(request), now, ttl);
        return Map.of("variant", variant(request), "paused", true);
    }

    private Object resume(ServerRequest request) {
        holds.resume(known(request), clock.instant());
        return Map.of("variant", variant(request), "paused", false);
    }

    private Object override(ServerRequest request) {
        String variant = known(request);
        int replicas = number(request, "replicas", -1);
        Duration ttl = duration(request);
        if (replicas < 0 || ttl == null) {
            throw new Refusal(
                    ErrorCode.MISSING_REQUIRED_PARAMETER, "replicas, ttl: missing (expected: such as 3 and 30m)");
        }
        holds.override(variant, replicas, ttl, clock.instant());
        return Map.of("variant", variant, "replicas", replicas, "ttl", ttl.toString());
    }

    private String known(ServerRequest request) {
        if (!leads.getAsBoolean()) {
            throw new Refusal(
                    ErrorCode.NO_ENDPOINTS, "another replica leads, and would not know of it (expected: the leader)");
        }
        String variant = variant(request);
        if (last().published().stream().noneMatch(each -> each.of(variant).isPresent())) {
            throw new Refusal(ErrorCode.UNKNOWN_URL, "variant: " + variant + " is not scaled");
        }
        return variant;
    }

    private static @Nullable Duration duration(ServerRequest request) {
        String text = request.queryParam("ttl").orElse("");
        try {
            return text.isEmpty() ? null : DurationStyle.detectAndParse(text);
        } catch (IllegalArgumentException e) {
            throw new Refusal(ErrorCode.INVALID_VALUE, "ttl: " + text + " (expected: such as 30m)");
        }
    }

    private <T> T read(byte[] body, Class<T> type) {
        try {
            return json.readValue(body, type);
        } catch (JacksonException e) {
            throw new Refusal(ErrorCode.INVALID_JSON, "the body cannot be read: " + e.getOriginalMessage());
        }
    }

    private Mono<ServerResponse> question(ServerRequest request, Function<byte[], Object> answer) {
        return body(request)
                .flatMap(body -> answer(() -> answer.apply(body)))
                .onErrorResume(Refusal.class, refusal -> problem(refusal.code, String.valueOf(refusal.getMessage())));
    }

    private Mono<byte[]> body(ServerRequest request) {
        return DataBufferUtils.join(request.exchange().getRequest().getBody(), maxBodyBytes)
                .map(AutoscalerRoutes::bytes)
                .defaultIfEmpty(new byte[0])
                .onErrorMap(
                        DataBufferLimitException.class,
                        tooLarge -> new Refusal(
                                ErrorCode.PAYLOAD_TOO_LARGE, "the body is larger than " + maxBodyBytes + " bytes"));
    }

    private static byte[] bytes(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }

    private Mono<ServerResponse> answer(Supplier<Object> answer) {
        return Mono.fromSupplier(answer)
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(value -> ServerResponse.ok()
                        .contentType(MediaType.APPLICATION_JSON)
                        .bodyValue(json.writeValueAsBytes(value)))
                .onErrorResume(Refusal.class, refusal -> problem(refusal.code, String.valueOf(refusal.getMessage())))
                .onErrorResume(
                        IllegalArgumentException.class,
                        invalid -> problem(ErrorCode.INVALID_VALUE, String.valueOf(invalid.getMessage())));
    }

    private Mono<ServerResponse> problem(ErrorCode code, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", code.wireName().replace('_', ' '));
        problem.put("status", code.status());
        problem.put("detail", detail);
        problem.put("code", code.wireName());
        return ServerResponse.status(code.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(json.writeValueAsBytes(problem));
    }
}
