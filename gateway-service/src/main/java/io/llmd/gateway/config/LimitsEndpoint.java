package io.llmd.gateway.config;

import java.lang.reflect.RecordComponent;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** {@code /actuator/limits}: the bounds in force, named as in the configuration. */
@Endpoint(id = "limits")
public final class LimitsEndpoint {

    private final Map<String, Object> limits;

    LimitsEndpoint(GatewayProperties properties) {
        Map<String, Object> all = new LinkedHashMap<>();
        add(all, "gateway.limits", properties.limits());
        add(all, "gateway.timeouts", properties.timeouts());
        add(all, "gateway.access.key-limits", properties.access().keyLimits());
        add(all, "gateway.access.tenant-limits", properties.access().tenantLimits());
        all.put("gateway.access.gateways", properties.access().gateways());
        add(all, "gateway.endpoints", properties.endpoints());
        add(all, "gateway.drain", properties.drain());
        limits = Collections.unmodifiableMap(all);
    }

    @ReadOperation
    public Map<String, Object> limits() {
        return limits;
    }

    private static void add(Map<String, Object> all, String prefix, Record settings) {
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            try {
                Object value = component.getAccessor().invoke(settings);
                boolean isPlain = value instanceof Number || value instanceof Boolean;
                all.put(prefix + "." + kebab(component.getName()), isPlain ? value : String.valueOf(value));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
