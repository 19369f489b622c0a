package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the metrics page of every endpoint of a store, again and again, on one event loop with one kept-alive connection
 * per endpoint. Readings of one endpoint never overlap. A failed reading leaves the last metrics to age, and the pause
 * before the next one doubles up to the idle interval.
 *
 * <p>Pages are read as they arrive and never held as a whole.
 */
public final class MetricsScraper implements EndpointListener, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MetricsScraper.class);

    private final EndpointStore store;
    private final ScrapeSettings settings;
    private final ScrapeListener listener;
    private final LongSupplier nanoClock;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("metrics", true), NioIoHandler.newFactory());
    private final DnsAddressResolverGroup resolver =
            new DnsAddressResolverGroup(NioDatagramChannel.class, DnsServerAddressStreamProviders.platformDefault());
    private final Map<String, ScrapeTarget> targets = new ConcurrentHashMap<>();
    private volatile long lastActivityNanos;

    /** A scraper that does nothing until {@link #start}. */
    public MetricsScraper(
            EndpointStore store, ScrapeSettings settings, ScrapeListener listener, LongSupplier nanoClock) {
        this.store = Objects.requireNonNull(store, "store");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.nanoClock = Objects.requireNonNull(nanoClock, "nanoClock");
        lastActivityNanos = nanoClock.getAsLong();
    }

    /** Begins to read the endpoints that the store gets from now on; call it before discovery starts. */
    public void start() {
        store.addListener(this);
    }

    /** Says that a request came, so that the pool is not idle. Cheap. */
    public void touch() {
        lastActivityNanos = nanoClock.getAsLong();
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        ScrapeTarget target = new ScrapeTarget(this, endpoint);
        targets.put(endpoint.id(), target);
        loop.execute(target::begin);
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        ScrapeTarget target = targets.remove(endpoint.id());
        if (target != null) {
            loop.execute(target::stop);
        }
    }

    /** Time until the next reading of an endpoint, spread by a tenth to both sides. */
    long delayNanos(int failures) {
        boolean isIdle =
                nanoClock.getAsLong() - lastActivityNanos > settings.idleAfter().toNanos();
        long delay = settings.delayNanos(targets.size(), failures, isIdle);
        return delay
                - delay / 10
                + java.util.concurrent.ThreadLocalRandom.current().nextLong(delay / 5 + 1);
    }

    Bootstrap bootstrap(ScrapeTarget target) {
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .resolver(resolver)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.timeout().toMillis())
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpClientCodec(), target.handler());
                    }
                });
    }

    EventLoopGroup loop() {
        return loop;
    }

    ScrapeSettings settings() {
        return settings;
    }

    EndpointStore store() {
        return store;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    void failed(EndpointMetadata endpoint, ScrapeListener.Failure failure, int failures) {
        listener.failed(endpoint.id(), failure);
        if (failures == 1) {
            LOG.atWarn()
                    .addKeyValue("endpoint", endpoint.id())
                    .addKeyValue("reason", failure)
                    .log("endpoint metrics cannot be read");
        }
    }

    void recovered(EndpointMetadata endpoint) {
        LOG.atInfo().addKeyValue("endpoint", endpoint.id()).log("endpoint metrics can be read again");
    }

    /** Stops all reading and waits up to two seconds for the event loop to end. */
    @Override
    public void close() {
        targets.values().forEach(target -> loop.execute(target::stop));
        targets.clear();
        resolver.close();
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
