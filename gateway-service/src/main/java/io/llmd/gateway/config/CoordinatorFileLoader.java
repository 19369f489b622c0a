package io.llmd.gateway.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.logging.Log;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;

/**
 * Takes settings from a configuration of llm-d's coordinator, where {@code gateway.coordinator.file} names one. They go
 * before those of files and behind those of the command line and the environment. Found through
 * {@code META-INF/spring.factories}.
 */
final class CoordinatorFileLoader implements EnvironmentPostProcessor, Ordered {

    static final String FILE = "gateway.coordinator.file";

    private final Log log;

    CoordinatorFileLoader(DeferredLogFactory logs) {
        log = logs.getLog(CoordinatorFileLoader.class);
    }

    @Override
    public int getOrder() {
        return ConfigDataEnvironmentPostProcessor.ORDER + 1;
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String name = environment.getProperty(FILE);
        if (name == null || name.isEmpty()) {
            return;
        }
        CoordinatorFile file = new CoordinatorFile(environment::getProperty).read(Path.of(name), text(Path.of(name)));
        MapPropertySource source = new MapPropertySource(name, file.settings());
        MutablePropertySources sources = environment.getPropertySources();
        if (sources.contains(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME)) {
            sources.addAfter(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, source);
        } else {
            sources.addFirst(source);
        }
        if (!file.unknown().isEmpty()) {
            log.warn("keys of the coordinator's file that have no meaning here: " + file.unknown());
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }
}
