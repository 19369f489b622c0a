package io.llmd.scheduler.plugin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a YAML file with its line: plain data, whatever the file says about tags. */
public sealed interface YamlNode {

    /** Line where the value starts, first is 1. */
    int line();

    /** What the value is, for messages. */
    String describe();

    /**
     * Nothing, {@code null} or {@code ~}.
     *
     * @param line line of the value
     */
    record Null(int line) implements YamlNode {
        @Override
        public String describe() {
            return "null";
        }
    }

    /**
     * One word.
     *
     * @param text the text without quotes
     * @param isQuoted whether it can only be text
     * @param line line of the value
     */
    record Scalar(String text, boolean isQuoted, int line) implements YamlNode {
        @Override
        public String describe() {
            return isQuoted ? '"' + text + '"' : text;
        }
    }

    /**
     * A list.
     *
     * @param items entries in file order
     * @param line line of the first entry
     */
    record Sequence(List<YamlNode> items, int line) implements YamlNode {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String describe() {
            return "a list";
        }
    }

    /**
     * Fields by name.
     *
     * @param fields in file order
     * @param line line of the first field
     */
    record Mapping(Map<String, Field> fields, int line) implements YamlNode {
        public Mapping {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        @Override
        public String describe() {
            return "a mapping";
        }
    }

    /**
     * A field of a mapping.
     *
     * @param line line of the name
     * @param value what it holds
     */
    record Field(int line, YamlNode value) {}
}
