package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Reads the pages of all data sources for every endpoint of a store, again and again, on one event loop with one
 * kept-alive connection per source and endpoint. Readings of one connection never overlap. A failed reading leaves the
 * last metrics to age, and the pause before the next one doubles up to the idle interval.
 *
 * <p>Pages are read as they arrive and never held as a whole. Sources can be exchanged while the scraper runs: those that
 * stay keep their connections.
 */
public final class MetricsScraper implements EndpointListener, AutoCloseable {

    private final EndpointStore store;
    private final ScrapeSettings settings;
    private final ScrapeListener listener;
    private final LongSupplier nanoClock;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("metrics", true), NioIoHandler.newFactory());
    private final DnsAddressResolverGroup resolver =
            new DnsAddressResolverGroup(NioDatagramChannel.class, DnsServerAddressStreamProviders.platformDefault());
    private final Map<String, EndpointMetadata> endpoints = new LinkedHashMap<>();
    private List<PagePoller> pollers = List.of();
    private volatile int endpointCount;
    private volatile long lastActivityNanos;
    private volatile long wokenNanos;

    /** A scraper that does nothing until {@link #start}, and reads nothing until {@link #use}. */
    public MetricsScraper(
            EndpointStore store, ScrapeSettings settings, ScrapeListener listener, LongSupplier nanoClock) {
        this.store = Objects.requireNonNull(store, "store");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        lastActivityNanos = nanoClock.getAsLong();
        wokenNanos = lastActivityNanos;
        store.readEvery(this::pauseNanos);
    }

    /** Begins to read the endpoints that the store gets from now on; call it before discovery starts. */
    public void start() {
        store.addListener(this);
    }

    /** Reads from these sources from now on, and from no others. Sources that fetch no pages, or
     * pages that nobody reads, are left out. */
    public synchronized void use(List<SourceBinding> sources) {
        List<PagePoller> next = new ArrayList<>();
        for (SourceBinding source : sources) {
            boolean isRead = source.extractors().stream().anyMatch(named -> named.extractor() instanceof PageExtractor);
            if (isRead && source.source() instanceof PageSource) {
                next.add(pollerOf(source));
            }
        }
        pollers.stream().filter(poller -> !next.contains(poller)).forEach(PagePoller::close);
        pollers = List.copyOf(next);
    }

    private PagePoller pollerOf(SourceBinding source) {
        for (PagePoller poller : pollers) {
            if (poller.source().equals(source)) {
                return poller;
            }
        }
        PagePoller poller = new PagePoller(this, source, settings);
        endpoints.values().forEach(poller::add);
        return poller;
    }

    /** Says that a request came, so that the pool is not idle; after a while without any, readings are brought forward. Cheap. */
    public void touch() {
        long now = nanoClock.getAsLong();
        boolean wasIdle = isIdle(now);
        lastActivityNanos = now;
        if (wasIdle) {
            wokenNanos = now;
            loop.execute(this::wake);
        }
    }

    private synchronized void wake() {
        pollers.forEach(PagePoller::wake);
    }

    /** Time between two readings of an endpoint; that of idle times until all have been read since the last of them. */
    private long pauseNanos() {
        long now = nanoClock.getAsLong();
        boolean isSlow =
                isIdle(now) || now - wokenNanos < settings.idleInterval().toNanos();
        return settings.delayNanos(endpointCount, 0, isSlow);
    }

    boolean isIdle() {
        return isIdle(nanoClock.getAsLong());
    }

    private boolean isIdle(long nowNanos) {
        return nowNanos - lastActivityNanos > settings.idleAfter().toNanos();
    }

    @Override
    public synchronized void added(EndpointMetadata endpoint) {
        endpoints.put(endpoint.id(), endpoint);
        endpointCount = endpoints.size();
        pollers.forEach(poller -> poller.add(endpoint));
    }

    @Override
    public synchronized void removed(EndpointMetadata endpoint) {
        endpoints.remove(endpoint.id());
        endpointCount = endpoints.size();
        pollers.forEach(poller -> poller.remove(endpoint.id()));
    }

    EventLoopGroup loop() {
        return loop;
    }

    DnsAddressResolverGroup resolver() {
        return resolver;
    }

    EndpointStore store() {
        return store;
    }

    ScrapeListener listener() {
        return listener;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    /** Stops all reading and waits up to two seconds for the event loop to end. */
    @Override
    public void close() {
        use(List.of());
        resolver.close();
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
