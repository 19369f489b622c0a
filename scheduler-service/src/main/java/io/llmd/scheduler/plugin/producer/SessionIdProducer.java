package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Reads the id of the session that a request belongs to, from a header or a cookie. */
final class SessionIdProducer implements DataProducer {

    /**
     * @param headerName request header with the id
     * @param cookieName cookie with the id
     */
    record Params(@Nullable String headerName, @Nullable String cookieName) {
        Params {
            boolean hasHeader = headerName != null && !headerName.isEmpty();
            boolean hasCookie = cookieName != null && !cookieName.isEmpty();
            if (hasHeader == hasCookie) {
                throw new IllegalArgumentException("headerName: " + (hasHeader ? headerName : "none")
                        + " (expected: either headerName or cookieName)");
            }
            headerName = headerName == null || headerName.isEmpty() ? null : headerName.toLowerCase(Locale.ROOT);
        }
    }

    private final Params params;
    private final DataKey<String> sessionKey;

    SessionIdProducer(String name, Params params) {
        this.params = params;
        sessionKey = DataKeys.sessionId(name);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(sessionKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        String id = params.headerName() == null ? cookie(request) : request.header(params.headerName());
        if (id != null && !id.isBlank()) {
            candidates.put(sessionKey, id.strip());
        }
    }

    private @Nullable String cookie(InferenceRequest request) {
        String cookies = request.header("cookie");
        if (cookies == null) {
            return null;
        }
        for (String cookie : cookies.split(";", -1)) {
            int equals = cookie.indexOf('=');
            if (equals > 0 && cookie.substring(0, equals).strip().equals(params.cookieName())) {
                return cookie.substring(equals + 1);
            }
        }
        return null;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "session-id-producer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public DataProducer create(String name, Params params) {
            return new SessionIdProducer(name, params);
        }
    }
}
