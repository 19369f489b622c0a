package io.llmd.simulator.structured;

import io.llmd.simulator.config.ToolCallSettings;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON values that a schema allows. Knows types, {@code enum}, {@code const}, {@code anyOf}, {@code oneOf},
 * {@code allOf}, references within the schema, the bounds of numbers, strings and arrays, patterns and formats. Nesting
 * beyond {@value #DEEP} levels takes the smallest value that is allowed.
 */
public final class SchemaSample {
    private static final int DEEP = 5;
    private static final int MOST_DEEP = 60;
    private static final int MOST_SIZE = 10_000;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonNode root;
    private final ToolCallSettings settings;
    private final Draws draws;

    private SchemaSample(JsonNode root, ToolCallSettings settings, Draws draws) {
        this.root = root;
        this.settings = settings;
        this.draws = draws;
    }

    /**
     * Makes a value.
     *
     * @param key equal keys give equal values
     * @throws UnsupportedSchemaException if the schema allows none, or none that can be found
     */
    public static JsonNode of(JsonNode schema, ToolCallSettings settings, long key) {
        return new SchemaSample(schema, settings, new Draws(key)).value(schema, 0);
    }

    private JsonNode value(JsonNode schema, int depth) {
        if (depth > MOST_DEEP) {
            throw new UnsupportedSchemaException("schema is nested without end");
        }
        if (schema.isBoolean() && !schema.booleanValue()) {
            throw new UnsupportedSchemaException("schema is false");
        }
        if (!(schema instanceof ObjectNode object)) {
            return text(NODES.objectNode());
        }
        if (object.has("$ref")) {
            return value(referenced(object.get("$ref").asString()), depth + 1);
        }
        if (object.has("const")) {
            return object.get("const");
        }
        if (object.get("enum") instanceof ArrayNode values && !values.isEmpty()) {
            return values.get(draws.nextInt(values.size()));
        }
        for (String name : List.of("anyOf", "oneOf")) {
            if (object.get(name) instanceof ArrayNode options && !options.isEmpty()) {
                return value(merged(object, name, List.of(chosen(options, depth))), depth + 1);
            }
        }
        if (object.get("allOf") instanceof ArrayNode all && !all.isEmpty()) {
            List<JsonNode> parts = new ArrayList<>();
            all.forEach(parts::add);
            return value(merged(object, "allOf", parts), depth + 1);
        }
        return ofType(type(object), object, depth);
    }

    private JsonNode ofType(String type, ObjectNode schema, int depth) {
        return switch (type) {
            case "object" -> object(schema, depth);
            case "array" -> array(schema, depth);
            case "integer" -> integer(schema);
            case "number" -> number(schema);
            case "boolean" -> NODES.booleanNode(draws.nextBoolean());
            case "null" -> NODES.nullNode();
            case "string" -> text(schema);
            default -> throw new UnsupportedSchemaException("Invalid type: " + type);
        };
    }

    private JsonNode referenced(String reference) {
        if (reference.equals("#")) {
            return root;
        }
        JsonNode target = reference.startsWith("#/") ? root.at(reference.substring(1)) : NODES.missingNode();
        if (target.isMissingNode()) {
            throw new UnsupportedSchemaException("unknown reference " + reference);
        }
        return target;
    }

    /** Deep down, an option without further nesting where there is one. */
    private JsonNode chosen(ArrayNode options, int depth) {
        if (depth >= DEEP) {
            for (JsonNode option : options) {
                if (!option.has("$ref") && !option.has("properties") && !option.has("items")) {
                    return option;
                }
            }
        }
        return options.get(draws.nextInt(options.size()));
    }

    /** A schema that demands all of several; properties and required fields add up. */
    private ObjectNode merged(ObjectNode schema, String replaced, List<JsonNode> parts) {
        ObjectNode merged = schema.deepCopy();
        merged.remove(replaced);
        for (JsonNode part : parts) {
            JsonNode resolved = part.has("$ref") ? referenced(part.get("$ref").asString()) : part;
            resolved.properties().forEach(field -> {
                JsonNode old = merged.get(field.getKey());
                if (old instanceof ObjectNode left && field.getValue() instanceof ObjectNode right) {
                    left.setAll(right);
                } else if (old instanceof ArrayNode left && field.getValue() instanceof ArrayNode right) {
                    left.addAll(right);
                } else {
                    merged.set(field.getKey(), field.getValue().deepCopy());
                }
            });
        }
        return merged;
    }

    private String type(ObjectNode schema) {
        JsonNode type = schema.get("type");
        if (type instanceof ArrayNode types && !types.isEmpty()) {
            return types.get(draws.nextInt(types.size())).asString();
        }
        if (type != null) {
            return type.asString();
        }
        if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
            return "object";
        }
        if (schema.has("items") || schema.has("prefixItems")) {
            return "array";
        }
        return schema.has("minimum") || schema.has("maximum") ? "number" : "string";
    }

    private ObjectNode object(ObjectNode schema, int depth) {
        Set<String> required = new LinkedHashSet<>();
        schema.path("required").forEach(name -> required.add(name.asString()));
        JsonNode properties = schema.path("properties");
        int probability = depth == 0 ? settings.optionalParameters() : settings.optionalFields();
        int missing = size(schema, "minProperties", 0) - required.size();
        ObjectNode object = NODES.objectNode();
        for (var property : properties.properties()) {
            boolean given = required.remove(property.getKey());
            if (!given && (missing > 0 || depth < DEEP && draws.percent(probability))) {
                given = true;
                missing--;
            }
            if (given) {
                object.set(property.getKey(), value(property.getValue(), depth + 1));
            }
        }
        JsonNode others = schema.path("additionalProperties");
        for (String name : required) {
            object.set(name, value(others.isObject() ? others : NODES.objectNode(), depth + 1));
        }
        for (int i = 1; missing > 0; i++, missing--) {
            object.set("field" + i, value(others.isObject() ? others : NODES.objectNode(), depth + 1));
        }
        return object;
    }

    private ArrayNode array(ObjectNode schema, int depth) {
        int min = size(schema, "minItems", 0);
        int low = Math.max(min, depth < DEEP ? settings.arrayLength().min() : 0);
        int most = schema.path("maxItems")
                .asInt(Math.max(low, settings.arrayLength().max()));
        int length = depth < DEEP ? draws.nextInt(Math.min(low, most), most + 1) : min;
        JsonNode first = schema.path("prefixItems");
        JsonNode items = schema.path("items");
        boolean unique = schema.path("uniqueItems").asBoolean(false);
        ArrayNode array = NODES.arrayNode();
        Set<JsonNode> seen = new LinkedHashSet<>();
        for (int attempts = 0; array.size() < Math.max(length, first.size()) && attempts < 200; attempts++) {
            JsonNode item = array.size() < first.size() ? first.get(array.size()) : items;
            JsonNode value = value(item, depth + 1);
            if (!unique || seen.add(value)) {
                array.add(value);
            }
        }
        if (array.size() < min) {
            throw new UnsupportedSchemaException("not enough different items");
        }
        return array;
    }

    private static int size(ObjectNode schema, String name, int absent) {
        int size = schema.path(name).asInt(absent);
        if (size > MOST_SIZE) {
            throw new UnsupportedSchemaException(name + " " + size + " is above " + MOST_SIZE);
        }
        return size;
    }

    private JsonNode integer(ObjectNode schema) {
        BigDecimal step = schema.has("multipleOf") ? decimal(schema, "multipleOf") : BigDecimal.ONE;
        BigDecimal whole = step.scale() > 0 ? step.scaleByPowerOfTen(step.scale()) : step;
        return NODES.numberNode(multiple(schema, settings.integers(), whole).toBigIntegerExact());
    }

    private JsonNode number(ObjectNode schema) {
        BigDecimal step = schema.has("multipleOf") ? decimal(schema, "multipleOf") : new BigDecimal("0.01");
        return NODES.numberNode(multiple(schema, settings.numbers(), step));
    }

    private BigDecimal multiple(ObjectNode schema, ToolCallSettings.Range range, BigDecimal step) {
        if (step.signum() <= 0) {
            throw new UnsupportedSchemaException("multipleOf must be positive");
        }
        BigDecimal width = BigDecimal.valueOf((long) range.max() - range.min());
        boolean lower = schema.has("minimum") || schema.has("exclusiveMinimum");
        boolean upper = schema.has("maximum") || schema.has("exclusiveMaximum");
        BigDecimal max = upper ? bound(schema, "maximum", "exclusiveMaximum") : BigDecimal.valueOf(range.max());
        BigDecimal min = lower ? bound(schema, "minimum", "exclusiveMinimum") : BigDecimal.valueOf(range.min());
        if (lower && !upper && min.compareTo(max) > 0) {
            max = min.add(width.max(step));
        } else if (upper && !lower && max.compareTo(min) < 0) {
            min = max.subtract(width.max(step));
        }
        BigDecimal first = min.divide(step, 0, RoundingMode.CEILING);
        BigDecimal last = max.divide(step, 0, RoundingMode.FLOOR);
        if (schema.has("exclusiveMinimum") && first.multiply(step).compareTo(min) == 0) {
            first = first.add(BigDecimal.ONE);
        }
        if (schema.has("exclusiveMaximum") && last.multiply(step).compareTo(max) == 0) {
            last = last.subtract(BigDecimal.ONE);
        }
        BigDecimal count = last.subtract(first);
        if (count.signum() < 0) {
            throw new UnsupportedSchemaException("no number between " + min + " and " + max);
        }
        long offset = draws.nextLong(
                0, count.min(BigDecimal.valueOf(Long.MAX_VALUE - 1)).longValue() + 1);
        return first.add(BigDecimal.valueOf(offset)).multiply(step);
    }

    private static BigDecimal bound(ObjectNode schema, String inclusive, String exclusive) {
        return decimal(schema, schema.has(exclusive) && schema.get(exclusive).isNumber() ? exclusive : inclusive);
    }

    private static BigDecimal decimal(ObjectNode schema, String name) {
        JsonNode value = schema.get(name);
        if (value == null || !value.isNumber()) {
            throw new UnsupportedSchemaException(name + " is no number");
        }
        return value.decimalValue();
    }

    private JsonNode text(ObjectNode schema) {
        if (schema.has("pattern")) {
            return NODES.stringNode(
                    PatternText.of(schema.get("pattern").asString()).text(draws.nextLong()));
        }
        if (schema.has("format")) {
            String formatted = SampleWords.formatted(schema.get("format").asString(), draws);
            if (formatted != null) {
                return NODES.stringNode(formatted);
            }
        }
        int min = size(schema, "minLength", 0);
        int max = schema.path("maxLength").asInt(Integer.MAX_VALUE);
        if (min > max) {
            throw new UnsupportedSchemaException("minLength " + min + " is above maxLength " + max);
        }
        return NODES.stringNode(SampleWords.text(min, max, draws));
    }
}
