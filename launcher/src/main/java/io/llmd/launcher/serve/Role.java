package io.llmd.launcher.serve;

import io.llmd.autoscaler.AutoscalerApplication;
import io.llmd.configserver.ConfigServerApplication;
import io.llmd.gateway.GatewayApplication;
import io.llmd.kvindex.KvIndexApplication;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import io.llmd.scheduler.SchedulerApplication;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.boot.WebApplicationType;

/** A service that a process can run. The order is that of starting; they stop the other way round. */
public enum Role {
    CONFIG_SERVER("config-server", ConfigServerApplication.class, WebApplicationType.SERVLET),
    KV_INDEX("kv-index", KvIndexApplication.class, WebApplicationType.REACTIVE),
    SCHEDULER("scheduler", SchedulerApplication.class, WebApplicationType.REACTIVE),
    AUTOSCALER("autoscaler", AutoscalerApplication.class, WebApplicationType.REACTIVE),
    GATEWAY("gateway", GatewayApplication.class, WebApplicationType.REACTIVE),
    /** The gateway beside one model server, with a profile of its own. */
    SIDECAR("sidecar", GatewayApplication.class, WebApplicationType.REACTIVE),
    /** The gateway before another one, with a profile of its own. */
    COORDINATOR("coordinator", GatewayApplication.class, WebApplicationType.REACTIVE);

    private final String serviceName;
    private final Class<?> applicationClass;
    private final WebApplicationType webType;

    Role(String serviceName, Class<?> applicationClass, WebApplicationType webType) {
        this.serviceName = serviceName;
        this.applicationClass = applicationClass;
        this.webType = webType;
    }

    /** Name of the service. */
    public String serviceName() {
        return serviceName;
    }

    /** Name of its configuration file without ending. */
    String configName() {
        return isGatewayWithProfile() ? GATEWAY.serviceName : serviceName;
    }

    /** Profiles in which it runs, beside those that are set from outside. */
    String[] profiles() {
        return isGatewayWithProfile() ? new String[] {serviceName} : new String[0];
    }

    private boolean isGatewayWithProfile() {
        return this == SIDECAR || this == COORDINATOR;
    }

    /** Port of the service. */
    public int port(SuitePorts ports) {
        return switch (this) {
            case CONFIG_SERVER -> ports.configServer();
            case KV_INDEX -> ports.kvIndex();
            case SCHEDULER -> ports.scheduler();
            case AUTOSCALER -> ports.autoscaler();
            case GATEWAY -> ports.gateway();
            case SIDECAR -> ports.sidecar();
            case COORDINATOR -> ports.coordinator();
        };
    }

    /** Port of the service's actuator. */
    public int managementPort(SuitePorts ports) {
        return switch (this) {
            case CONFIG_SERVER -> ports.configServerManagement();
            case KV_INDEX -> ports.kvIndexManagement();
            case SCHEDULER -> ports.schedulerManagement();
            case AUTOSCALER -> ports.autoscalerManagement();
            case GATEWAY -> ports.gatewayManagement();
            case SIDECAR -> ports.sidecarManagement();
            case COORDINATOR -> ports.coordinatorManagement();
        };
    }

    /** Settings that place the service on these ports. */
    public Map<String, String> portSettings(SuitePorts ports) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("server.port", String.valueOf(port(ports)));
        settings.put("management.server.port", String.valueOf(managementPort(ports)));
        return settings;
    }

    Class<?> applicationClass() {
        return applicationClass;
    }

    WebApplicationType webType() {
        return webType;
    }

    /** Reads {@code gateway,scheduler}; the result is in order of starting. */
    public static Set<Role> parse(List<String> names) {
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (String name : names) {
            roles.add(Arrays.stream(values())
                    .filter(role -> role.serviceName.equals(name.strip()))
                    .findFirst()
                    .orElseThrow(() -> CommandFailure.usage("role: " + name + " (expected: " + names() + ")")));
        }
        return roles;
    }

    /** All names, with commas between. */
    public static String names() {
        return Arrays.stream(values()).map(Role::serviceName).collect(Collectors.joining(", "));
    }
}
