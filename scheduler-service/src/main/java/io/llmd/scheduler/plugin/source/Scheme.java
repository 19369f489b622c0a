package io.llmd.scheduler.plugin.source;

import io.llmd.scheduler.datalayer.PageTls;
import org.jspecify.annotations.Nullable;

/** Whether pages are fetched over TLS. */
enum Scheme {
    HTTP,
    HTTPS;

    /** How TLS is used, null for plain HTTP. */
    @Nullable
    PageTls tls(
            boolean insecureSkipVerify,
            @Nullable String caCertPath,
            @Nullable String clientCertPath,
            @Nullable String clientKeyPath) {
        PageTls tls = new PageTls(
                insecureSkipVerify, blankToNull(caCertPath), blankToNull(clientCertPath), blankToNull(clientKeyPath));
        return this == HTTPS ? tls : null;
    }

    private static @Nullable String blankToNull(@Nullable String path) {
        return path == null || path.isBlank() ? null : path;
    }
}
