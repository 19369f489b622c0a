package io.llmd.scheduler.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Checks scheduling configurations without starting anything, and without Spring. */
public final class ConfigCheck {

    private final EndpointPickerConfigLoader loader;

    /** A check against the plugin types of {@code factories}. */
    public ConfigCheck(Collection<? extends PluginFactory<?>> factories, boolean allowExperimentalPlugins) {
        loader = new EndpointPickerConfigLoader(new PluginRegistry(factories), allowExperimentalPlugins);
    }

    /** Checks a text; {@code file} is the name in findings. Empty when there is nothing to say. */
    public List<Finding> check(String text, String file) {
        return loader.load(text, file, Map.of()).findings();
    }

    /** Checks a file; one that cannot be read is a finding. */
    public List<Finding> check(Path file) {
        try {
            if (Files.size(file) > YamlReader.MAX_BYTES) {
                return List.of(
                        new Finding(Finding.Severity.ERROR, file.toString(), 0, "", "file is larger than 2 MiB"));
            }
            return check(Files.readString(file), file.toString());
        } catch (IOException e) {
            return List.of(
                    new Finding(Finding.Severity.ERROR, file.toString(), 0, "", "not readable: " + e.getMessage()));
        }
    }
}
