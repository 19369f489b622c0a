package io.llmd.gateway.console;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

/** {@code /actuator/console}: what this gateway knows of itself, for the consoles of the others. Holds no text of requests. */
@Endpoint(id = "console")
public final class PeerEndpoint {

    private static final int MOST = 500;

    private final JsonMapper json = JsonMapper.builder().build();
    private final OwnState state;
    private final RequestFinder finder;

    public PeerEndpoint(OwnState state, Console console) {
        this.state = state;
        this.finder = console.finder();
    }

    /**
     * The state now.
     *
     * @param after only requests with a higher number
     * @param limit number of requests, none without it
     */
    @ReadOperation(produces = "application/json")
    public String state(@Nullable Long after, @Nullable Integer limit) {
        int most = limit == null ? 0 : Math.clamp(limit, 0, MOST);
        return new String(json.writeValueAsBytes(state.state(after == null ? 0 : after, most)), StandardCharsets.UTF_8);
    }

    /** What this gateway and its scheduler know of one request. */
    @ReadOperation(produces = "application/json")
    public Mono<String> request(@Selector String id) {
        return finder.find(id).map(found -> new String(json.writeValueAsBytes(found), StandardCharsets.UTF_8));
    }
}
