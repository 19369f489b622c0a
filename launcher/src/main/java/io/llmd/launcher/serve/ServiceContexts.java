package io.llmd.launcher.serve;

import io.llmd.launcher.load.ConsoleLoadLab;
import io.llmd.scheduler.api.ScheduleDoor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The services of this JVM. Contexts start one after the other, because two at a time disturb each other's start, and
 * close in the opposite order. When gateway and scheduler are both here, their calls stay inside the process.
 */
public final class ServiceContexts implements AutoCloseable {

    private final Map<Role, ConfigurableApplicationContext> contexts = new EnumMap<>(Role.class);
    private final Deque<Role> started = new ArrayDeque<>();
    private boolean closed;

    /**
     * Starts a service and returns when its context is up.
     *
     * @param settings properties that win over the service's files
     * @param initializers called on the context before its beans
     * @throws IllegalStateException when this was closed meanwhile
     */
    public void start(
            Role role,
            Map<String, String> settings,
            Stream<ApplicationContextInitializer<ConfigurableApplicationContext>> initializers) {
        SpringApplicationBuilder application = new SpringApplicationBuilder(role.applicationClass())
                .web(role.webType())
                .registerShutdownHook(false)
                .profiles(role.profiles())
                .properties(
                        "spring.config.name=" + role.configName(),
                        "spring.jmx.enabled=false",
                        "spring.main.web-application-type="
                                + role.webType().name().toLowerCase(Locale.ROOT));
        initializers.forEach(application::initializers);
        ConfigurableApplicationContext scheduler = running(Role.SCHEDULER);
        if (role == Role.GATEWAY && scheduler != null) {
            ScheduleDoor door = scheduler.getBean(ScheduleDoor.class);
            application.initializers((ApplicationContextInitializer<ConfigurableApplicationContext>) gateway ->
                    gateway.getBeanFactory().registerSingleton("inProcessScheduler", new InProcessScheduler(door)));
        }
        if (role == Role.GATEWAY) {
            application.initializers((ApplicationContextInitializer<ConfigurableApplicationContext>)
                    gateway -> gateway.getBeanFactory().registerSingleton("consoleLoadLab", new ConsoleLoadLab()));
        }
        ConfigurableApplicationContext context = application.run(settings.entrySet().stream()
                .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
                .toArray(String[]::new));
        keep(role, context);
    }

    private synchronized @Nullable ConfigurableApplicationContext running(Role role) {
        return contexts.get(role);
    }

    private synchronized void keep(Role role, ConfigurableApplicationContext context) {
        if (closed) {
            context.close();
            throw new IllegalStateException("stopped during the start of " + role.serviceName());
        }
        contexts.put(role, context);
        started.push(role);
    }

    /** The port that a running service listens on. */
    public int port(Role role) {
        return port(role, "local.server.port");
    }

    /** The port of a running service's actuator. */
    public int managementPort(Role role) {
        return port(role, "local.management.port");
    }

    private int port(Role role, String property) {
        ConfigurableApplicationContext context = running(role);
        if (context == null) {
            throw new IllegalStateException(role.serviceName() + " does not run");
        }
        return context.getEnvironment().getRequiredProperty(property, Integer.class);
    }

    /** Stops one service and waits for its requests as long as its own settings say. */
    public void stop(Role role) {
        ConfigurableApplicationContext context;
        synchronized (this) {
            context = contexts.remove(role);
            started.remove(role);
        }
        if (context != null) {
            context.close();
        }
    }

    /** Stops all services, the last one first. */
    @Override
    public void close() {
        Deque<Role> order;
        synchronized (this) {
            closed = true;
            order = new ArrayDeque<>(started);
        }
        order.forEach(this::stop);
    }
}
