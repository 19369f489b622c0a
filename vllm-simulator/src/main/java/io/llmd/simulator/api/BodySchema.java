package io.llmd.simulator.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of a body and their types, in vLLM's order. Fields it does not name are taken as they are. A body is
 * checked in two steps, as vLLM does: first by checks that see it as it came, then field by field.
 */
public final class BodySchema {
    /** Any object. */
    public static final BodySchema ANY = builder().build();

    private final List<Consumer<RequestFields>> checks;
    private final Map<String, Field> fields;
    private final List<BodySchema> options;

    private BodySchema(Builder builder) {
        checks = List.copyOf(builder.checks);
        fields = new LinkedHashMap<>(builder.fields);
        options = List.of();
    }

    private BodySchema(List<BodySchema> options) {
        checks = List.of();
        fields = Map.of();
        this.options = List.copyOf(options);
    }

    /** A body of one of several schemas; what is wrong with each is told if it is of none. Checks are left out. */
    public static BodySchema either(BodySchema... options) {
        return new BodySchema(List.of(options));
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads a body.
     *
     * @throws ApiException if it is no JSON, or not of this schema
     */
    public RequestFields read(byte[] body) {
        JsonNode node = Json.parse(body);
        if (node.isNull() || node.isMissingNode()) {
            throw FieldError.exception(List.of(new FieldError("missing", "body", "Field required", node)));
        }
        return read("body", node);
    }

    /** Reads a value that was parsed before. */
    public RequestFields read(String location, JsonNode node) {
        List<FieldError> errors = new ArrayList<>();
        if (node instanceof ObjectNode object) {
            checks.forEach(check -> check.accept(new RequestFields(object)));
        }
        JsonNode read = asType().read(location, node, errors);
        if (!errors.isEmpty()) {
            throw FieldError.exception(errors);
        }
        return new RequestFields((ObjectNode) read);
    }

    /** Values of this schema, as part of another; checks are left out. */
    public FieldType asType() {
        if (!options.isEmpty()) {
            return FieldType.anyOf(options.stream().map(BodySchema::asType).toArray(FieldType[]::new));
        }
        return type("model_attributes_type", "Input should be a valid dictionary or object to extract fields from");
    }

    /** The same as {@link #asType}, for what vLLM keeps as a dictionary. */
    public FieldType asDict() {
        return type("dict_type", "Input should be a valid dictionary");
    }

    private FieldType type(String error, String message) {
        return (location, node, errors) -> {
            if (!(node instanceof ObjectNode object)) {
                errors.add(new FieldError(error, location, message, node));
                return node;
            }
            ObjectNode read = Json.object();
            read.setAll(object);
            fields.forEach((name, field) -> {
                JsonNode value = object.get(name);
                if (value != null) {
                    read.set(name, field.type().read(location + "." + name, value, errors));
                } else if (field.required()) {
                    errors.add(new FieldError("missing", location + "." + name, "Field required", node));
                }
            });
            return read;
        };
    }

    private record Field(FieldType type, boolean required) {}

    /** Collects fields and checks. */
    public static final class Builder {
        private final List<Consumer<RequestFields>> checks = new ArrayList<>();
        private final Map<String, Field> fields = new LinkedHashMap<>();

        private Builder() {}

        /** Adds a check of the body as it came; checks run in this order. */
        public Builder check(Consumer<RequestFields> check) {
            checks.add(check);
            return this;
        }

        public Builder required(String name, FieldType type) {
            fields.put(name, new Field(type, true));
            return this;
        }

        public Builder optional(String name, FieldType type) {
            fields.put(name, new Field(type, false));
            return this;
        }

        /** Adds the fields of another schema, without its checks. */
        public Builder fieldsOf(BodySchema other) {
            fields.putAll(other.fields);
            return this;
        }

        public BodySchema build() {
            return new BodySchema(this);
        }
    }
}
