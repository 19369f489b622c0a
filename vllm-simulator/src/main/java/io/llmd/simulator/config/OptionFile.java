package io.llmd.simulator.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads options from a YAML file: a mapping with the names of the options, and values, lists or mappings. */
final class OptionFile {
    private OptionFile() {}

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException if it cannot be read, or names what is no option
     */
    static GivenOptions read(Path file) {
        GivenOptions given = new GivenOptions();
        contents(file).forEach((key, value) -> {
            String name = String.valueOf(key).replace('_', '-');
            SimulatorOption option = SimulatorOption.find(name);
            String reason = IgnoredOption.reason(name);
            if (option == null && reason != null) {
                given.warn(name + " is ignored: " + reason);
            } else if (value != null) {
                given.add(option == null ? SimulatorOption.of(name) : option, name, texts(value));
            }
        });
        return given;
    }

    private static Map<?, ?> contents(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            Object content = FlowText.reader().load(reader);
            if (content instanceof Map<?, ?> options) {
                return options;
            }
            if (content == null) {
                return Map.of();
            }
        } catch (IOException | YAMLException e) {
            throw new IllegalArgumentException("config: " + file + " (expected: a YAML file that can be read)", e);
        }
        throw new IllegalArgumentException("config: " + file + " (expected: a mapping of options)");
    }

    private static List<String> texts(Object value) {
        return value instanceof Collection<?> list
                ? list.stream().map(OptionFile::text).toList()
                : List.of(text(value));
    }

    private static String text(@Nullable Object value) {
        return value instanceof Map<?, ?> ? FlowText.write(value) : String.valueOf(value);
    }
}
