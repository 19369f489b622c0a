package io.llmd.simulator.config;

import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;

/** Structured values of options: JSON, which is YAML in flow style. */
final class FlowText {
    private FlowText() {}

    /** The mapping in a text. */
    static Map<String, Object> map(String text) {
        Object value;
        try {
            value = reader().load(text);
        } catch (YAMLException e) {
            throw new IllegalArgumentException("value: " + text + " (expected: a JSON object)", e);
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException("value: " + text + " (expected: a JSON object)");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        map.forEach((name, field) -> fields.put(String.valueOf(name), field));
        return fields;
    }

    /** A field that must be there. */
    static String string(Map<String, Object> fields, String name) {
        Object value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("field " + name + ": absent (expected: a text)");
        }
        return value.toString();
    }

    /** A value as text that {@link #map} reads again. */
    static String write(Object value) {
        DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.FLOW);
        options.setWidth(Integer.MAX_VALUE);
        return new Yaml(new SafeConstructor(new LoaderOptions()), new Representer(options), options)
                .dump(value)
                .strip();
    }

    static Yaml reader() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(options));
    }
}
