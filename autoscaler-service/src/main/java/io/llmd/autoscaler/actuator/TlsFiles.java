package io.llmd.autoscaler.actuator;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * PEM files of a server that speaks TLS.
 *
 * @param certificate its certificate, with those in between that callers may lack
 * @param privateKey the key of that
 * @param clientAuthority authorities of those that may call; none for all
 * @param reloadInterval how often changed files are looked for
 */
public record TlsFiles(
        Path certificate, Path privateKey, @Nullable Path clientAuthority, Duration reloadInterval) {

    /**
     * The files that settings name.
     *
     * @return null when they name none
     * @throws IllegalArgumentException when one is missing beside the others
     */
    public static @Nullable TlsFiles of(
            @Nullable Path certificate,
            @Nullable Path privateKey,
            @Nullable Path clientAuthority,
            Duration reloadInterval) {
        if (certificate != null && privateKey != null) {
            return new TlsFiles(certificate, privateKey, clientAuthority, reloadInterval);
        }
        if (certificate != null || privateKey != null || clientAuthority != null) {
            throw new IllegalArgumentException(
                    "certificate: " + certificate + ", private-key: " + privateKey + ", client-authority: "
                            + clientAuthority + " (expected: the first two together, the last only with them)");
        }
        return null;
    }
}
