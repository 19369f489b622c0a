package io.llmd.scheduler;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** The scheduler service. Its settings are in {@code scheduler.yml}, not in {@code application.yml}. */
@SpringBootApplication
public class SchedulerApplication {

    /** Starts the service. */
    public static void main(String[] args) {
        application().run(args);
    }

    /** The service, ready to run, for launchers that start several services in one process. */
    public static SpringApplication application() {
        return new SpringApplicationBuilder(SchedulerApplication.class)
                .properties("spring.config.name=scheduler")
                .build();
    }
}
