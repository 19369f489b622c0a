package io.llmd.scheduler.datalayer;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Fetches a page of every endpoint, again and again. Does nothing itself: {@link MetricsScraper} runs it. */
public final class PageSource implements DataSource {

    /** How fast what the page says changes, which decides how often it is fetched when nothing is said. */
    public enum Pace {
        /** As often as the service's settings say. */
        LOAD,
        /** As often as when the pool is idle. */
        SLOW
    }

    /**
     * Where the page is.
     *
     * @param path path of the page, null for that of the service's settings
     * @param port port on the endpoint's host, null for the endpoint's own
     * @param interval time between two readings, null for the pace
     * @param pace how fast the content changes
     * @param maxBytes largest page, 0 for that of the service's settings
     * @param tls null for plain HTTP
     */
    public record Settings(
            @Nullable String path,
            @Nullable Integer port,
            @Nullable Duration interval,
            Pace pace,
            int maxBytes,
            @Nullable PageTls tls) {
        public Settings {
            if (path != null && !path.startsWith("/")) {
                throw new IllegalArgumentException("path: " + path + " (expected: to begin with /)");
            }
            if (port != null && (port < 1 || port > 65535)) {
                throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
            }
        }
    }

    private final Content content;
    private final Settings settings;
    private final @Nullable SslContext ssl;

    /** A source. @throws IllegalArgumentException when a certificate cannot be used */
    public PageSource(Content content, Settings settings) {
        this.content = Objects.requireNonNull(content, "content");
        this.settings = Objects.requireNonNull(settings, "settings");
        ssl = settings.tls() == null ? null : settings.tls().context();
    }

    @Override
    public Content delivers() {
        return content;
    }

    /** Where the page is. */
    public Settings settings() {
        return settings;
    }

    @Nullable
    SslContext ssl() {
        return ssl;
    }
}
