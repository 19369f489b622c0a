package io.llmd.scheduler.replica;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmd.scheduler.datalayer.InFlightLoad;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The record of a share in the topic: {@code {"version":1,"pool":"default","replica":"a","sequence":7,"loads":
 * {"tracker":{"ns/endpoint":[requests,tokens]}}}}. Readers ignore unknown fields and refuse unknown versions. Safe from any thread.
 */
final class LoadShareJson {

    private static final int VERSION = 1;
    private static final int MAX_BYTES = 1 << 20;
    private static final long MAX_LOAD = 1L << 40;

    private final JsonMapper json = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private record Wire(
            @JsonProperty("version") @Nullable Integer version,
            @JsonProperty("pool") @Nullable String pool,
            @JsonProperty("replica") @Nullable String replica,
            @JsonProperty("sequence") @Nullable Long sequence,
            @JsonProperty("loads") @Nullable Map<String, Map<String, long[]>> loads) {}

    byte[] write(LoadShare share) {
        Map<String, Map<String, long[]>> loads = new HashMap<>();
        share.loads().forEach((tracker, endpoints) -> {
            Map<String, long[]> numbers = new HashMap<>();
            endpoints.forEach((id, load) -> numbers.put(id, new long[] {load.requests(), load.tokens()}));
            loads.put(tracker, numbers);
        });
        return json.writeValueAsBytes(new Wire(VERSION, share.pool(), share.replica(), share.sequence(), loads));
    }

    /** Reads a share. @throws IllegalArgumentException when the bytes are none; the message quotes nothing of them */
    LoadShare read(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException("record: " + bytes.length + " bytes (expected: <= " + MAX_BYTES + ")");
        }
        try {
            Wire wire = json.readValue(bytes, Wire.class);
            Integer version = wire == null ? null : wire.version();
            if (version == null || version != VERSION) {
                throw new IllegalArgumentException("version: " + version + " (expected: " + VERSION + ")");
            }
            return new LoadShare(
                    Objects.requireNonNullElse(wire.pool(), ""),
                    Objects.requireNonNullElse(wire.replica(), ""),
                    Objects.requireNonNullElse(wire.sequence(), -1L),
                    loads(Objects.requireNonNullElse(wire.loads(), Map.of())));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("record: not a share of load", e);
        }
    }

    private static Map<String, Map<String, InFlightLoad>> loads(Map<String, @Nullable Map<String, long[]>> wire) {
        Map<String, Map<String, InFlightLoad>> loads = new HashMap<>();
        wire.forEach((tracker, endpoints) -> {
            Map<String, InFlightLoad> ofTracker = new HashMap<>();
            if (endpoints != null) {
                endpoints.forEach((id, numbers) -> ofTracker.put(id, load(numbers)));
            }
            loads.put(tracker, ofTracker);
        });
        return loads;
    }

    private static InFlightLoad load(long @Nullable [] numbers) {
        if (numbers == null || numbers.length < 2) {
            throw new IllegalArgumentException("load: fewer than two numbers (expected: requests and tokens)");
        }
        if (numbers[0] > MAX_LOAD || numbers[1] > MAX_LOAD) {
            throw new IllegalArgumentException("load: more than " + MAX_LOAD + " (expected: at most that)");
        }
        return new InFlightLoad(numbers[0], numbers[1]);
    }
}
