package io.llmd.scheduler.api.http;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.contracts.schedule.OutcomeBatch;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.json.JsonMapper;

/** The JSON of the HTTP door. Safe from any thread. */
final class Wire {

    private final JsonMapper json = JsonMapper.builder()
            .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    byte[] write(Object value) {
        return json.writeValueAsBytes(value);
    }

    /** Reads a batch. @throws tools.jackson.core.JacksonException when it is malformed */
    OutcomeBatch batch(byte[] bytes) {
        return read(bytes, OutcomeBatch.class);
    }

    /** Reads a value. @throws tools.jackson.core.JacksonException when it is malformed */
    <T> T read(byte[] bytes, Class<T> type) {
        T value = json.readValue(bytes, type);
        if (value == null) {
            throw MismatchedInputException.from((JsonParser) null, type, "null");
        }
        return value;
    }

    /** A problem document (RFC 9457) with the code as clients know it. */
    byte[] problem(ErrorCode code, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", title(code));
        problem.put("status", code.status());
        problem.put("detail", detail);
        problem.put("code", code.wireName());
        return write(problem);
    }

    private static String title(ErrorCode code) {
        return code.wireName().replace('_', ' ');
    }
}
