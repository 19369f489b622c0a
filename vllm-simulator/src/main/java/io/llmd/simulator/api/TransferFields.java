package io.llmd.simulator.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request says about other endpoints that take part in it.
 *
 * @param kv {@code kv_transfer_params}
 * @param ec {@code ec_transfer_params}
 * @param bootstrap SGLang's {@code bootstrap_host}, {@code bootstrap_port} and {@code bootstrap_room}
 * @param cacheHitThreshold share of the prompt that must be cached, 0 for none; absent if it does not say
 */
public record TransferFields(
        @Nullable ObjectNode kv,
        @Nullable ObjectNode ec,
        @Nullable ObjectNode bootstrap,
        @Nullable Double cacheHitThreshold) {
    private static final List<String> BOOTSTRAP = List.of("bootstrap_host", "bootstrap_port", "bootstrap_room");

    /** Nothing. */
    public static final TransferFields NONE = new TransferFields(null, null, null, null);

    /** Reads the fields of a body. */
    public static TransferFields read(RequestFields fields) {
        return of(fields, fields, null);
    }

    /** Reads the fields of a body that has some of them in its sampling parameters, which count where it has both. */
    public static TransferFields read(RequestFields fields, @Nullable RequestFields samplingParams) {
        RequestFields extra = samplingParams == null ? null : samplingParams.object("extra_args");
        return of(fields, samplingParams == null ? fields : samplingParams, extra);
    }

    private static TransferFields of(RequestFields fields, RequestFields sampling, @Nullable RequestFields extra) {
        ObjectNode kv = object(fields, "kv_transfer_params");
        ObjectNode ec = object(fields, "ec_transfer_params");
        if (extra != null) {
            kv = kv == null ? object(extra, "kv_transfer_params") : kv;
            ec = ec == null ? object(extra, "ec_transfer_params") : ec;
        }
        Double threshold = threshold(sampling.get("cache_hit_threshold"));
        ObjectNode bootstrap = bootstrap(fields);
        return kv == null && ec == null && bootstrap == null && threshold == null
                ? NONE
                : new TransferFields(kv, ec, bootstrap, threshold);
    }

    /** The same with another share of the prompt that must be cached. */
    public TransferFields withCacheHitThreshold(double share) {
        return new TransferFields(kv, ec, bootstrap, share);
    }

    private static @Nullable ObjectNode bootstrap(RequestFields fields) {
        ObjectNode bootstrap = Json.object();
        for (String name : BOOTSTRAP) {
            JsonNode value = fields.get(name);
            if (value != null) {
                bootstrap.set(name, value);
            }
        }
        return bootstrap.isEmpty() ? null : bootstrap;
    }

    private static @Nullable ObjectNode object(RequestFields fields, String name) {
        RequestFields object = fields.object(name);
        return object == null ? null : object.body();
    }

    private static @Nullable Double threshold(@Nullable JsonNode value) {
        if (value == null) {
            return null;
        }
        if (!value.isNumber() || Json.number(value) < 0 || Json.number(value) > 1) {
            throw ApiException.badRequest("cache_hit_threshold must be between 0 and 1.", "cache_hit_threshold");
        }
        return Json.number(value);
    }
}
