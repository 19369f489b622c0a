package io.llmd.simulator.structured;

import java.math.BigDecimal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Typed access to the keywords of a schema, which comes from a client and may hold anything. */
final class SchemaFields {
    private static final int LARGEST = 1_000_000_000;

    private SchemaFields() {}

    /** @throws UnsupportedSchemaException if it is no text */
    static String text(JsonNode schema, String name) {
        return asText(schema.path(name), name);
    }

    /**
     * The text in one of several values of a keyword.
     *
     * @throws UnsupportedSchemaException if it is none
     */
    static String asText(JsonNode value, String name) {
        if (!value.isString()) {
            throw new UnsupportedSchemaException(name + " is no text");
        }
        return value.stringValue();
    }

    /** A length or count, at most {@value #LARGEST}; {@code absent} if it is no number. */
    static int size(ObjectNode schema, String name, int absent) {
        if (!schema.path(name).isNumber()) {
            return absent;
        }
        BigDecimal size = decimal(schema, name);
        return size.max(BigDecimal.ZERO).min(BigDecimal.valueOf(LARGEST)).intValue();
    }

    /** @throws UnsupportedSchemaException if it is no finite number */
    static BigDecimal decimal(ObjectNode schema, String name) {
        JsonNode value = schema.path(name);
        boolean finite = value.isIntegralNumber() || value.isNumber() && Double.isFinite(value.doubleValue());
        if (!finite) {
            throw new UnsupportedSchemaException(name + " is no number");
        }
        return value.decimalValue();
    }
}
