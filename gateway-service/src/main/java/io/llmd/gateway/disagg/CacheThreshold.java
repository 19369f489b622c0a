package io.llmd.gateway.disagg;

import io.llmd.openai.ApiRoute;
import io.llmd.openai.JsonEditor;
import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;

/** Share of its prompt that a request wants to find cached, or else it is not to be computed at an endpoint. */
final class CacheThreshold {

    private static final String NAME = "cache_hit_threshold";
    private static final String SAMPLING = "sampling_params";

    private CacheThreshold() {}

    /** Whether a body sets one above zero. */
    static boolean isIn(JsonMembers body, ApiRoute route) {
        JsonMembers object = route == ApiRoute.GENERATE ? body.object(SAMPLING) : body;
        if (object == null) {
            return false;
        }
        JsonMembers.Member member = object.find(NAME);
        byte[] value = member == null || member.kind() != JsonMembers.Kind.SCALAR ? null : object.bytes(NAME);
        return value != null && isAboveZero(new String(value, StandardCharsets.US_ASCII));
    }

    private static boolean isAboveZero(String number) {
        try {
            return Double.parseDouble(number) > 0;
        } catch (NumberFormatException e) {
            // Not a number: the endpoint says so.
            return true;
        }
    }

    /** Sets it in a body. */
    static void set(JsonEditor body, ApiRoute route, double share) {
        String json = share == 0 ? "0" : Double.toString(share);
        if (route == ApiRoute.GENERATE) {
            body.set(SAMPLING, body.nested(SAMPLING).set(NAME, json).toBytes());
        } else {
            body.set(NAME, json);
        }
    }
}
