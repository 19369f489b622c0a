package io.llmd.configserver.edge;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides from the bytes of a request path whether it names a configuration: {@code /{application}/{profile}} or {@code
 * /{application}/{profile}/{label}}. The parts end up in file names, so that only plain names pass: letters, digits, dot,
 * dash and underscore, with commas between several applications or profiles, and no two dots in a row.
 */
final class ConfigPath {

    /** Where the library serves it, {@code spring.cloud.config.server.prefix}. */
    static final String PREFIX = "/config";

    private static final int MAX_LENGTH = 512;
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]+)*";
    private static final String NAMES = NAME + "(?:," + NAME + ")*";
    private static final Pattern CONFIGURATION = Pattern.compile("/(" + NAMES + ")/" + NAMES + "(?:/" + NAME + ")?");

    /** First segments under which there is something else: endpoints of Spring Cloud Config, and the operations console. */
    private static final Set<String> RESERVED =
            Set.of("actuator", "admin", "decrypt", "encrypt", "error", "key", "monitor");

    private ConfigPath() {}

    /** Whether the path, still in its encoded form, names a configuration. */
    static boolean isConfiguration(String rawPath) {
        if (rawPath.length() > MAX_LENGTH) {
            return false;
        }
        var matcher = CONFIGURATION.matcher(rawPath);
        return matcher.matches() && !RESERVED.contains(matcher.group(1));
    }
}
