package io.llmd.simulator.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a process starts.
 *
 * @param endpoints one for each port
 * @param warnings what to tell about options that change nothing
 */
public record StartPlan(List<SimulatorSettings> endpoints, List<String> warnings) {
    public StartPlan {
        endpoints = List.copyOf(endpoints);
        warnings = List.copyOf(warnings);
    }

    /**
     * The plan from options of the command line, the environment and a YAML file, in this order of precedence; see
     * {@link SimulatorOption}.
     *
     * @throws IllegalArgumentException naming the option that is unknown, has a bad value or contradicts another one
     */
    public static StartPlan of(List<String> arguments, Map<String, String> environment) {
        GivenOptions given = CommandLineOptions.read(arguments);
        given.addAbsent(EnvironmentOptions.read(environment));
        String file = given.take(SimulatorOption.CONFIG);
        if (file != null) {
            given.addAbsent(OptionFile.read(Path.of(file)));
        }
        SimulatorSettingsBuilder builder = SimulatorSettings.builder();
        given.applyTo(builder);
        List<SimulatorSettings> endpoints = builder.buildAll();
        OptionEffect.missing(given, endpoints.getFirst()).forEach(given::warn);
        builder.withoutEffect().forEach(what -> given.warn(what + " has no effect"));
        return new StartPlan(endpoints, given.warnings());
    }
}
