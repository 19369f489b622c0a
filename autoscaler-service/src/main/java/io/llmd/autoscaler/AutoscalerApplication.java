package io.llmd.autoscaler;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** The autoscaler. Its settings are in {@code autoscaler.yml}, not in {@code application.yml}. */
@SpringBootApplication
public class AutoscalerApplication {

    /** Starts the service. */
    public static void main(String[] args) {
        application().run(args);
    }

    /** The service, ready to run, for launchers that start several services in one process. */
    public static SpringApplication application() {
        return new SpringApplicationBuilder(AutoscalerApplication.class)
                .properties("spring.config.name=autoscaler")
                .build();
    }
}
