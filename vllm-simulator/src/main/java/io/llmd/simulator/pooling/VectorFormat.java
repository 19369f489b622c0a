package io.llmd.simulator.pooling;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** How vectors are written. */
enum VectorFormat {
    /** A list of numbers. */
    FLOAT,
    /** The bytes of 32-bit numbers, least significant first. */
    BASE64;

    static VectorFormat read(RequestFields fields) {
        String format = fields.string("encoding_format");
        if (format == null || format.equals("float")) {
            return FLOAT;
        }
        if (format.equals("base64")) {
            return BASE64;
        }
        throw ApiException.badRequest(
                "encoding_format " + format + " is not simulated; use float or base64.", "encoding_format");
    }

    JsonNode json(float[] vector) {
        if (this == BASE64) {
            ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : vector) {
                bytes.putFloat(value);
            }
            return JsonNodeFactory.instance.stringNode(Base64.getEncoder().encodeToString(bytes.array()));
        }
        ArrayNode array = Json.array();
        for (float value : vector) {
            array.add(value);
        }
        return array;
    }
}
