package io.llmd.simulator.structured;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.ToolCallSettings;
import io.llmd.simulator.engine.CounterRandom;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
    private static final int MOST_ATTEMPTS = 5;
    private static final int MOST_DUPLICATES = 200;
    private static final int MOST_FURTHER_ITEMS = 100;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonNode root;
    private final ToolCallSettings settings;
    private final Draws draws;
    private final TextBudget budget = new TextBudget();

    private SchemaSample(JsonNode root, ToolCallSettings settings, Draws draws) {
        this.root = root;
        this.settings = settings;
        this.draws = draws;
    }

    /**
     * Makes a value, or one for key 0 if the choices that the key makes lead nowhere: a schema that has a value for one
     * key has one for each.
     *
     * @param key equal keys give equal values
     * @throws UnsupportedSchemaException if the schema allows none, or none that can be found
     */
    public static JsonNode of(JsonNode schema, ToolCallSettings settings, long key) {
        JsonNode found = find(schema, settings, key);
        if (found != null) {
            return found;
        }
        JsonNode first = key == 0 ? null : find(schema, settings, 0);
        return first == null ? attempt(schema, settings, 0, DEEP) : first;
    }

    private static @Nullable JsonNode find(JsonNode schema, ToolCallSettings settings, long key) {
        for (int i = 0; i < MOST_ATTEMPTS; i++) {
            try {
                return attempt(schema, settings, i == 0 ? key : CounterRandom.bits(key, i, 11), 0);
            } catch (UnsupportedSchemaException e) {
                // another key takes other branches
            }
        }
        return null;
    }

    private static JsonNode attempt(JsonNode schema, ToolCallSettings settings, long key, int depth) {
        return new SchemaSample(schema, settings, new Draws(key)).value(schema, depth);
    }

    private JsonNode value(JsonNode schema, int depth) {
        budget.spend(1);
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
            return value(referenced(SchemaFields.text(object, "$ref")), depth + 1);
        }
        if (object.has("const")) {
            return copied(object.get("const"));
        }
        if (object.get("enum") instanceof ArrayNode values && !values.isEmpty()) {
            return copied(values.get(draws.nextInt(values.size())));
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

    private JsonNode copied(JsonNode value) {
        budget.spend(Json.string(value).length());
        return value;
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
        ObjectNode merged = NODES.objectNode().setAll(schema);
        merged.remove(replaced);
        budget.spend(merged.size());
        for (JsonNode part : parts) {
            JsonNode resolved = part.has("$ref") ? referenced(SchemaFields.text(part, "$ref")) : part;
            budget.spend(resolved.size());
            resolved.properties()
                    .forEach(field -> merged.set(field.getKey(), both(merged.get(field.getKey()), field.getValue())));
        }
        return merged;
    }

    private JsonNode both(@Nullable JsonNode old, JsonNode added) {
        if (old instanceof ObjectNode left && added instanceof ObjectNode right) {
            budget.spend(left.size() + right.size());
            return NODES.objectNode().setAll(left).setAll(right);
        }
        if (old instanceof ArrayNode left && added instanceof ArrayNode right) {
            budget.spend(left.size() + right.size());
            return NODES.arrayNode().addAll(left).addAll(right);
        }
        return added;
    }

    private String type(ObjectNode schema) {
        JsonNode type = schema.get("type");
        if (type instanceof ArrayNode types && !types.isEmpty()) {
            return SchemaFields.asText(types.get(draws.nextInt(types.size())), "type");
        }
        if (type != null) {
            return SchemaFields.asText(type, "type");
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
        schema.path("required").forEach(name -> required.add(SchemaFields.asText(name, "required")));
        JsonNode properties = schema.path("properties");
        budget.spend(required.size() + properties.size());
        int probability = depth == 0 ? settings.optionalParameters() : settings.optionalFields();
        int missing = SchemaFields.size(schema, "minProperties", 0) - required.size();
        ObjectNode object = NODES.objectNode();
        for (var property : properties.properties()) {
            boolean given = required.remove(property.getKey());
            if (!given && (missing > 0 || depth < DEEP && draws.percent(probability))) {
                given = true;
                missing--;
            }
            if (given) {
                put(object, property.getKey(), property.getValue(), depth);
            }
        }
        JsonNode others = schema.path("additionalProperties");
        if (!others.isObject()) {
            others = NODES.objectNode();
        }
        for (String name : required) {
            put(object, name, others, depth);
        }
        for (int i = 1; missing > 0; i++, missing--) {
            put(object, "field" + i, others, depth);
        }
        return object;
    }

    private void put(ObjectNode object, String name, JsonNode schema, int depth) {
        budget.spend(name.length());
        object.set(name, value(schema, depth + 1));
    }

    private ArrayNode array(ObjectNode schema, int depth) {
        ArrayNode first = schema.get("prefixItems") instanceof ArrayNode given ? given : NODES.arrayNode();
        JsonNode items = schema.path("items");
        int min = SchemaFields.size(schema, "minItems", 0);
        int length = Math.max(first.size(), depth < DEEP ? length(schema, min) : min);
        if (items.isBoolean() && !items.booleanValue()) {
            length = first.size();
        }
        boolean unique = schema.path("uniqueItems").asBoolean(false);
        ArrayNode array = NODES.arrayNode();
        Set<JsonNode> seen = new LinkedHashSet<>();
        int duplicates = 0;
        while (array.size() < length && duplicates < MOST_DUPLICATES) {
            JsonNode item = array.size() < first.size() ? first.get(array.size()) : items;
            JsonNode value = value(item, depth + 1);
            if (!unique || seen.add(value)) {
                array.add(value);
            } else {
                duplicates++;
            }
        }
        if (array.size() < min) {
            throw new UnsupportedSchemaException("not enough different items");
        }
        return array;
    }

    private int length(ObjectNode schema, int min) {
        int low = Math.max(min, settings.arrayLength().min());
        int most = SchemaFields.size(
                schema, "maxItems", Math.max(low, settings.arrayLength().max()));
        return draws.nextInt(Math.min(low, most), Math.min(most, low + MOST_FURTHER_ITEMS) + 1);
    }

    private JsonNode integer(ObjectNode schema) {
        BigDecimal step = schema.has("multipleOf") ? SchemaFields.decimal(schema, "multipleOf") : BigDecimal.ONE;
        BigDecimal whole = step.scale() > 0 ? step.scaleByPowerOfTen(step.scale()) : step;
        return NODES.numberNode(multiple(schema, settings.integers(), whole).toBigIntegerExact());
    }

    private JsonNode number(ObjectNode schema) {
        BigDecimal step =
                schema.has("multipleOf") ? SchemaFields.decimal(schema, "multipleOf") : new BigDecimal("0.01");
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
        return SchemaFields.decimal(
                schema, schema.has(exclusive) && schema.get(exclusive).isNumber() ? exclusive : inclusive);
    }

    private JsonNode text(ObjectNode schema) {
        String text = words(schema);
        budget.spend(text.length());
        return NODES.stringNode(text);
    }

    private String words(ObjectNode schema) {
        if (schema.has("pattern")) {
            return PatternText.of(SchemaFields.text(schema, "pattern"), budget).text(draws.nextLong(), budget);
        }
        if (schema.has("format")) {
            String formatted = SampleWords.formatted(SchemaFields.text(schema, "format"), draws);
            if (formatted != null) {
                return formatted;
            }
        }
        int min = SchemaFields.size(schema, "minLength", 0);
        int max = SchemaFields.size(schema, "maxLength", Integer.MAX_VALUE);
        if (min > max) {
            throw new UnsupportedSchemaException("minLength " + min + " is above maxLength " + max);
        }
        budget.spend(min);
        return SampleWords.text(min, max, draws);
    }
}
