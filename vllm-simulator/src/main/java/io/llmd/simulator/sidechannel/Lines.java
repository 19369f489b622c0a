package io.llmd.simulator.sidechannel;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.handoff.EngineCard;
import io.llmd.simulator.handoff.SideChannelRequest;
import io.llmd.simulator.handoff.SideChannelResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What goes over a side channel: one JSON object on each line. Requests have a number, which their responses repeat; they
 * may be answered in any order.
 */
final class Lines {
    /** Longest line, in bytes. */
    static final int MOST_BYTES = 64 << 10;

    private Lines() {}

    record Numbered<T>(long number, T message) {}

    static ByteBuf request(ByteBufAllocator allocator, long number, SideChannelRequest request) {
        ObjectNode line = Json.object().put("id", number).put("op", operation(request));
        if (request instanceof SideChannelRequest.OfHolder question) {
            line.put("engine_id", question.engineId());
        }
        switch (request) {
            case SideChannelRequest.Handshake _ -> {
                // the engine is all it tells
            }
            case SideChannelRequest.Fetch fetch -> line.put("mm_hash", fetch.hash());
            case SideChannelRequest.Read read -> line.put("request_id", read.requestId());
            case SideChannelRequest.Write write ->
                line.put("request_id", write.requestId()).put("blocks", write.blocks());
            case SideChannelRequest.Lookup lookup -> {
                ArrayNode hashes = line.put("request_id", lookup.requestId()).putArray("hashes");
                lookup.hashes().forEach(hashes::add);
            }
            case SideChannelRequest.Notify notice -> line.put("request_id", notice.requestId());
            case SideChannelRequest.Heartbeat heartbeat -> {
                ArrayNode ids = line.putArray("request_ids");
                heartbeat.requestIds().forEach(ids::add);
            }
        }
        return line(allocator, line);
    }

    static ByteBuf response(ByteBufAllocator allocator, long number, SideChannelResponse response) {
        ObjectNode line = Json.object().put("id", number);
        switch (response) {
            case SideChannelResponse.Done _ -> line.put("ok", true);
            case SideChannelResponse.Found found -> line.put("ok", true).put("blocks", found.blocks());
            case SideChannelResponse.NotYet _ -> line.put("ok", false).put("again", true);
            case SideChannelResponse.Card answer -> {
                EngineCard card = answer.card();
                line.put("ok", true)
                        .put("engine_id", card.engineId())
                        .put("compatibility_hash", card.compatibility())
                        .put("tp_size", card.tensorParallel())
                        .put("block_size", card.blockTokens());
            }
            case SideChannelResponse.Refused refused -> line.put("ok", false).put("error", refused.reason());
            case SideChannelResponse.Unreachable unreachable ->
                line.put("ok", false).put("error", unreachable.reason());
        }
        return line(allocator, line);
    }

    /** @throws IllegalArgumentException if it is no request */
    static Numbered<SideChannelRequest> request(ByteBuf line) {
        ObjectNode fields = parse(line);
        String operation = string(fields, "op");
        SideChannelRequest request = operation.equals("fetch")
                ? new SideChannelRequest.Fetch(string(fields, "mm_hash"))
                : ofHolder(operation, string(fields, "engine_id"), fields);
        return new Numbered<>(number(fields, "id"), request);
    }

    private static SideChannelRequest ofHolder(String operation, String engineId, ObjectNode fields) {
        return switch (operation) {
            case "handshake" -> new SideChannelRequest.Handshake(engineId);
            case "read" -> new SideChannelRequest.Read(engineId, string(fields, "request_id"));
            case "write" ->
                new SideChannelRequest.Write(engineId, string(fields, "request_id"), (int) number(fields, "blocks"));
            case "lookup" ->
                new SideChannelRequest.Lookup(engineId, string(fields, "request_id"), numbers(fields, "hashes"));
            case "notify" -> new SideChannelRequest.Notify(engineId, string(fields, "request_id"));
            case "heartbeat" -> new SideChannelRequest.Heartbeat(engineId, strings(fields, "request_ids"));
            default -> throw new IllegalArgumentException("op: unknown");
        };
    }

    /** @throws IllegalArgumentException if it is no response */
    static Numbered<SideChannelResponse> response(ByteBuf line) {
        ObjectNode fields = parse(line);
        JsonNode ok = fields.get("ok");
        SideChannelResponse response;
        if (ok == null || !ok.isBoolean()) {
            throw new IllegalArgumentException("ok: missing");
        } else if (fields.has("again")) {
            response = new SideChannelResponse.NotYet();
        } else if (!ok.booleanValue()) {
            response = new SideChannelResponse.Refused(string(fields, "error"));
        } else if (fields.has("compatibility_hash")) {
            response = new SideChannelResponse.Card(new EngineCard(
                    string(fields, "engine_id"),
                    string(fields, "compatibility_hash"),
                    (int) number(fields, "tp_size"),
                    (int) number(fields, "block_size")));
        } else if (fields.has("blocks")) {
            response = new SideChannelResponse.Found((int) number(fields, "blocks"));
        } else {
            response = new SideChannelResponse.Done();
        }
        return new Numbered<>(number(fields, "id"), response);
    }

    private static String operation(SideChannelRequest request) {
        return switch (request) {
            case SideChannelRequest.Handshake _ -> "handshake";
            case SideChannelRequest.Fetch _ -> "fetch";
            case SideChannelRequest.Read _ -> "read";
            case SideChannelRequest.Write _ -> "write";
            case SideChannelRequest.Lookup _ -> "lookup";
            case SideChannelRequest.Notify _ -> "notify";
            case SideChannelRequest.Heartbeat _ -> "heartbeat";
        };
    }

    private static ByteBuf line(ByteBufAllocator allocator, ObjectNode fields) {
        byte[] json = Json.bytes(fields);
        return allocator.buffer(json.length + 1).writeBytes(json).writeByte('\n');
    }

    private static ObjectNode parse(ByteBuf line) {
        try {
            if (Json.read(line.toString(StandardCharsets.UTF_8)) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        throw new IllegalArgumentException("not an object");
    }

    private static String string(ObjectNode fields, String name) {
        JsonNode node = fields.get(name);
        if (node == null || !node.isString()) {
            throw new IllegalArgumentException(name + ": missing");
        }
        return node.stringValue();
    }

    private static long number(ObjectNode fields, String name) {
        JsonNode node = fields.get(name);
        if (node == null || !node.canConvertToLong()) {
            throw new IllegalArgumentException(name + ": missing");
        }
        return node.longValue();
    }

    private static List<Long> numbers(ObjectNode fields, String name) {
        List<Long> numbers = new ArrayList<>();
        JsonNode node = fields.get(name);
        if (node instanceof ArrayNode array) {
            for (JsonNode element : array) {
                if (!element.canConvertToLong()) {
                    throw new IllegalArgumentException(name + ": not all are numbers");
                }
                numbers.add(element.longValue());
            }
        }
        return numbers;
    }

    private static List<String> strings(ObjectNode fields, String name) {
        List<String> strings = new ArrayList<>();
        JsonNode node = fields.get(name);
        if (node instanceof ArrayNode array) {
            for (JsonNode element : array) {
                strings.add(element.isString() ? element.stringValue() : "");
            }
        }
        return strings;
    }
}
