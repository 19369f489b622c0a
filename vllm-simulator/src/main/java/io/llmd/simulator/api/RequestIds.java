package io.llmd.simulator.api;

import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Ids of answers. */
public final class RequestIds {
    private RequestIds() {}

    /** The caller's id, else the one in the body, else a random one. */
    public static String of(Call call, RequestFields fields) {
        String given = call.requestId();
        if (given != null) {
            return given;
        }
        @Nullable String inBody = fields.string("request_id");
        return inBody == null || inBody.isEmpty() ? random() : inBody;
    }

    public static String random() {
        return "%016x".formatted(ThreadLocalRandom.current().nextLong());
    }
}
