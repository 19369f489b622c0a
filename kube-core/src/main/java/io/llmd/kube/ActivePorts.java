package io.llmd.kube;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The annotation by which a pod says which of its target ports serve. */
final class ActivePorts {

    private static final int MAX_DIGITS = 5;

    private ActivePorts() {}

    /**
     * Ports of the annotation.
     *
     * @param annotation numbers with commas between them; null when the pod has none
     * @return the ports, without entries that are no numbers; null for all target ports
     */
    static @Nullable Set<Integer> read(@Nullable String annotation) {
        if (annotation == null) {
            return null;
        }
        Set<Integer> ports = new HashSet<>();
        for (String entry : annotation.split(",", -1)) {
            String digits = entry.strip();
            boolean isNumber = !digits.isEmpty()
                    && digits.length() <= MAX_DIGITS
                    && digits.chars().allMatch(c -> c >= '0' && c <= '9');
            if (isNumber) {
                ports.add(Integer.parseInt(digits));
            }
        }
        return ports;
    }
}
