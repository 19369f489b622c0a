package io.llmd.kvindex.query;

import io.llmd.contracts.error.ErrorCode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** Answers as JSON, and errors as problem documents (RFC 9457). */
final class Answers {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Answers() {}

    static Mono<ServerResponse> ok(Object value) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(bytes(value));
    }

    static byte[] bytes(Object value) {
        return JSON.writeValueAsBytes(value);
    }

    static Mono<ServerResponse> problem(ErrorCode code, String detail) {
        return ServerResponse.status(code.status())
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(problemBytes(code, detail));
    }

    static byte[] problemBytes(ErrorCode code, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", code.wireName().replace('_', ' '));
        problem.put("status", code.status());
        problem.put("detail", detail);
        problem.put("code", code.wireName());
        return bytes(problem);
    }
}
