package io.llmd.simulator.api;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Ids of answers. */
public final class RequestIds {
    private RequestIds() {}

    /** The caller's id, else the one in the body, else a random one. */
    public static String of(Call call, RequestFields fields) {
        if (call.requestId() != null && !call.requestId().isEmpty()) {
            return call.requestId();
        }
        @Nullable String inBody = fields.string("request_id");
        return inBody == null || inBody.isEmpty() ? random() : inBody;
    }

    public static String random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "%016x%016x".formatted(random.nextLong(), random.nextLong());
    }
}
