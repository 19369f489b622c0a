package io.llmd.scheduler.plugin;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns YAML into records, strictly. Component types: {@code int}, {@code long}, {@code double}, {@code boolean} and
 * their boxes, {@link String}, {@link Duration}, {@link Quantity}, enums, records, {@link List}, {@code Map} with text
 * keys, {@link Located} and {@link YamlNode}. Everything that does not fit is a finding with its line; reading goes on
 * to find the others.
 *
 * <p>A component that the file leaves out takes its {@link Default}; else it is null when {@code @Nullable}, an empty
 * list or map, or a nested record of defaults; else the field is required. Enum constants are written as
 * {@link WireNamed} says, or in kebab-case.
 */
public final class ParameterBinder {

    private static final Pattern DECIMAL = Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");

    private final Problems problems;

    private ParameterBinder(Problems problems) {
        this.problems = problems;
    }

    /** Binds parameters that stand alone, for tests and tools. @throws ConfigException listing all problems */
    public static <R extends Record> R bind(Class<R> type, String yaml) {
        Problems problems = new Problems("parameters");
        YamlNode node = new YamlReader(problems).read(yaml);
        R bound = node == null ? null : bind(type, node, "", problems);
        if (bound == null || problems.hasErrors()) {
            throw new ConfigException(problems.inFileOrder());
        }
        return bound;
    }

    /** Binds {@code node}; null when there are problems. */
    static <R extends Record> @Nullable R bind(Class<R> type, YamlNode node, String path, Problems problems) {
        return type.cast(new ParameterBinder(problems).toRecord(type, node, path));
    }

    /** Names of the fields that a record accepts. */
    static List<String> fieldsOf(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .filter(component -> !component.isAnnotationPresent(Line.class))
                .map(ParameterBinder::nameOf)
                .toList();
    }

    /** Name of a component in configuration. */
    static String nameOf(RecordComponent component) {
        FieldName given = component.getAnnotation(FieldName.class);
        return given == null ? component.getName() : given.value();
    }

    private @Nullable Object toRecord(Class<?> type, YamlNode node, String path) {
        YamlNode.Mapping mapping = node instanceof YamlNode.Null ? new YamlNode.Mapping(Map.of(), node.line()) : null;
        if (node instanceof YamlNode.Mapping given) {
            mapping = given;
        }
        if (mapping == null) {
            return wrong(node, path, "a mapping with " + fieldsOf(type));
        }
        boolean complete = rejectUnknown(type, mapping, path);
        RecordComponent[] components = type.getRecordComponents();
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            if (components[i].isAnnotationPresent(Line.class)) {
                values[i] = mapping.line();
            } else {
                values[i] = component(components[i], mapping, path);
                complete &= values[i] != null || isNullable(components[i]);
            }
        }
        return complete ? construct(type, components, values, mapping, path) : null;
    }

    private boolean rejectUnknown(Class<?> type, YamlNode.Mapping mapping, String path) {
        List<String> accepted = fieldsOf(type);
        boolean complete = true;
        for (Map.Entry<String, YamlNode.Field> field : mapping.fields().entrySet()) {
            if (!accepted.contains(field.getKey())) {
                String expected = accepted.isEmpty() ? "no fields" : "one of " + accepted;
                problems.error(
                        field.getValue().line(),
                        child(path, field.getKey()),
                        "unknown field (expected: " + expected + ")" + Suggestion.of(field.getKey(), accepted));
                complete = false;
            }
        }
        return complete;
    }

    private @Nullable Object component(RecordComponent component, YamlNode.Mapping mapping, String path) {
        String name = nameOf(component);
        YamlNode.Field field = mapping.fields().get(name);
        if (field != null && !(field.value() instanceof YamlNode.Null)) {
            return convert(component.getGenericType(), field.value(), child(path, name));
        }
        return absent(component, field == null ? mapping.line() : field.line(), child(path, name));
    }

    private @Nullable Object absent(RecordComponent component, int line, String path) {
        Default value = component.getAnnotation(Default.class);
        if (value != null) {
            YamlNode node = defaultNode(component.getType(), value.value(), line);
            return node == null ? null : convert(component.getGenericType(), node, path);
        }
        Class<?> type = component.getType();
        if (isNullable(component)) {
            return null;
        }
        if (type == List.class) {
            return List.of();
        }
        if (type == Map.class) {
            return Map.of();
        }
        if (type.isRecord() && type != Located.class && type != Quantity.class) {
            return toRecord(type, new YamlNode.Null(line), path);
        }
        problems.error(line, path, "is missing (expected: " + expected(component.getGenericType()) + ")");
        return null;
    }

    private @Nullable YamlNode defaultNode(Class<?> type, String text, int line) {
        boolean isYaml = type == List.class || type == Map.class || (type.isRecord() && type != Quantity.class);
        return isYaml ? new YamlReader(problems).read(text) : new YamlNode.Scalar(text, false, line);
    }

    private static boolean isNullable(RecordComponent component) {
        AnnotatedElement type = component.getAnnotatedType();
        return type.isAnnotationPresent(Nullable.class);
    }

    private @Nullable Object construct(
            Class<?> type,
            RecordComponent[] components,
            @Nullable Object[] values,
            YamlNode.Mapping mapping,
            String path) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            refused(String.valueOf(e.getTargetException().getMessage()), mapping, path);
            return null;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot construct " + type.getName(), e);
        }
    }

    /** A constructor's message starts with the name of the field that it is about, which gives the line. */
    private void refused(String message, YamlNode.Mapping mapping, String path) {
        int colon = message.indexOf(": ");
        String name = colon < 0 ? "" : message.substring(0, colon);
        YamlNode.Field field = mapping.fields().get(name);
        if (field == null) {
            problems.error(mapping.line(), path, message);
        } else {
            problems.error(field.value().line(), child(path, name), message.substring(colon + 2));
        }
    }

    private @Nullable Object convert(Type type, YamlNode node, String path) {
        if (type instanceof ParameterizedType generic) {
            return convertGeneric(generic, node, path);
        }
        Class<?> raw = (Class<?>) type;
        if (raw == YamlNode.class) {
            return node;
        }
        if (raw.isRecord() && raw != Quantity.class) {
            return toRecord(raw, node, path);
        }
        return node instanceof YamlNode.Scalar scalar ? toScalar(raw, scalar, path) : wrong(node, path, expected(raw));
    }

    private @Nullable Object convertGeneric(ParameterizedType type, YamlNode node, String path) {
        Type last = type.getActualTypeArguments()[type.getActualTypeArguments().length - 1];
        if (type.getRawType() == Located.class) {
            Object value = convert(last, node, path);
            return value == null ? null : new Located<>(value, node.line());
        }
        if (type.getRawType() == List.class) {
            return node instanceof YamlNode.Sequence sequence
                    ? toList(last, sequence, path)
                    : wrong(node, path, expected(type));
        }
        return node instanceof YamlNode.Mapping mapping
                ? toMap(last, mapping, path)
                : wrong(node, path, expected(type));
    }

    private @Nullable List<Object> toList(Type type, YamlNode.Sequence sequence, String path) {
        List<Object> values = new ArrayList<>(sequence.items().size());
        for (int i = 0; i < sequence.items().size(); i++) {
            Object value = convert(type, sequence.items().get(i), path + "[" + i + "]");
            if (value != null) {
                values.add(value);
            }
        }
        return values.size() == sequence.items().size() ? values : null;
    }

    private @Nullable Map<String, Object> toMap(Type type, YamlNode.Mapping mapping, String path) {
        Map<String, Object> values =
                LinkedHashMap.newLinkedHashMap(mapping.fields().size());
        mapping.fields().forEach((name, field) -> {
            Object value = convert(type, field.value(), child(path, name));
            if (value != null) {
                values.put(name, value);
            }
        });
        return values.size() == mapping.fields().size() ? values : null;
    }

    private @Nullable Object toScalar(Class<?> type, YamlNode.Scalar scalar, String path) {
        Object value = null;
        if (type == String.class) {
            value = scalar.text();
        } else if (type.isEnum()) {
            value = toEnum(type, scalar.text());
        } else if (type == Duration.class) {
            return parsed(GoDuration::parse, scalar, path);
        } else if (type == Quantity.class) {
            return parsed(Quantity::parse, scalar, path);
        } else if (!scalar.isQuoted()) {
            value = toPrimitive(type, scalar.text());
        }
        return value != null ? value : wrong(scalar, path, expected(type));
    }

    private <T> @Nullable T parsed(Function<String, T> parser, YamlNode.Scalar scalar, String path) {
        try {
            return parser.apply(scalar.text());
        } catch (IllegalArgumentException e) {
            problems.error(scalar.line(), path, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private static @Nullable Object toPrimitive(Class<?> type, String text) {
        try {
            return switch (type.getSimpleName()) {
                case "int", "Integer" -> Integer.valueOf(text);
                case "long", "Long" -> Long.valueOf(text);
                case "double", "Double" -> toDouble(text);
                case "boolean", "Boolean" -> toBoolean(text);
                default ->
                    throw new IllegalStateException("parameters of type " + type.getName() + " are not supported");
            };
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Double toDouble(String text) {
        double value = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
        return Double.isFinite(value) ? value : null;
    }

    private static @Nullable Boolean toBoolean(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> null;
        };
    }

    private static @Nullable Object toEnum(Class<?> type, String text) {
        for (Object constant : type.getEnumConstants()) {
            if (wireName(constant).equals(text)) {
                return constant;
            }
        }
        return null;
    }

    private static String wireName(Object constant) {
        return constant instanceof WireNamed named
                ? named.wireName()
                : ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private @Nullable Object wrong(YamlNode node, String path, String expected) {
        problems.error(node.line(), path, node.describe() + " (expected: " + expected + ")");
        return null;
    }

    private static String expected(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            Type last = arguments[arguments.length - 1];
            if (generic.getRawType() == Located.class) {
                return expected(last);
            }
            return generic.getRawType() == List.class ? "a list" : "a mapping";
        }
        Class<?> raw = (Class<?>) type;
        if (raw.isEnum()) {
            return "one of "
                    + Arrays.stream(raw.getEnumConstants())
                            .map(ParameterBinder::wireName)
                            .collect(Collectors.joining(", "));
        }
        return switch (raw.getSimpleName()) {
            case "int", "Integer", "long", "Long" -> "a whole number";
            case "double", "Double" -> "a finite number";
            case "boolean", "Boolean" -> "true or false";
            case "String" -> "text";
            case "Duration" -> GoDuration.EXPECTED;
            case "Quantity" -> Quantity.EXPECTED;
            default -> "a mapping";
        };
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
