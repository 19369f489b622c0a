package io.llmd.configserver;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.cloud.config.server.EnableConfigServer;

/**
 * The config server: answers {@code GET /{application}/{profile}[/{label}]} with the shared and the service's own values.
 *
 * <p>A servlet application, beside reactive ones: who starts it in a process with other services passes {@link
 * WebApplicationType#SERVLET} and {@code spring.config.name=config-server}, as {@link #main} does.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableConfigServer
public class ConfigServerApplication {

    /** Name of the service's configuration file, without its ending. */
    public static final String CONFIG_NAME = "config-server";

    /** Starts the config server alone. */
    public static void main(String[] args) {
        new SpringApplicationBuilder(ConfigServerApplication.class)
                .web(WebApplicationType.SERVLET)
                .properties("spring.config.name=" + CONFIG_NAME)
                .run(args);
    }
}
