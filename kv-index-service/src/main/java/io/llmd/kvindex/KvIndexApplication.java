package io.llmd.kvindex;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** The KV index service. Its settings are in {@code kv-index.yml}, not in {@code application.yml}. */
@SpringBootApplication
public class KvIndexApplication {

    /** Starts the service. */
    public static void main(String[] args) {
        application().run(args);
    }

    /** The service, ready to run, for launchers that start several services in one process. */
    public static SpringApplication application() {
        return new SpringApplicationBuilder(KvIndexApplication.class)
                .properties("spring.config.name=kv-index")
                .build();
    }
}
