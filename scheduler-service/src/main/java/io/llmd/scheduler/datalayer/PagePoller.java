package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** The readings that one data source takes of all endpoints. Safe from any thread. */
final class PagePoller implements AutoCloseable {

    private final MetricsScraper scraper;
    private final SourceBinding source;
    private final PageSource page;
    private final ScrapeSettings settings;
    private final Map<String, PageTarget> targets = new ConcurrentHashMap<>();

    /** @param common settings of the service; those of the source go over them */
    PagePoller(MetricsScraper scraper, SourceBinding source, ScrapeSettings common) {
        this.scraper = scraper;
        this.source = source;
        page = (PageSource) source.source();
        settings = common.with(page.settings());
    }

    SourceBinding source() {
        return source;
    }

    void add(EndpointMetadata endpoint) {
        PageTarget target = new PageTarget(this, endpoint);
        PageTarget other = targets.put(endpoint.id(), target);
        if (other != null) {
            scraper.loop().execute(other::stop);
        }
        scraper.loop().execute(target::begin);
    }

    void remove(String endpointId) {
        PageTarget target = targets.remove(endpointId);
        if (target != null) {
            scraper.loop().execute(target::stop);
        }
    }

    /** Brings the next reading of each endpoint forward; on the event loop. */
    void wake() {
        targets.values().forEach(PageTarget::wake);
    }

    @Override
    public void close() {
        targets.values().forEach(target -> scraper.loop().execute(target::stop));
        targets.clear();
    }

    List<ExtractedPage> pages(EndpointMetadata endpoint) {
        List<ExtractedPage> pages = new ArrayList<>();
        for (SourceBinding.NamedExtractor named : source.extractors()) {
            if (named.extractor() instanceof PageExtractor extractor) {
                long keepNanos = scraper.store().staleness().toNanos();
                pages.add(new ExtractedPage(named, extractor.reader(endpoint, keepNanos)));
            }
        }
        return pages;
    }

    int port(EndpointMetadata endpoint) {
        return Objects.requireNonNullElse(page.settings().port(), endpoint.metricsPort());
    }

    /** Time until the next reading of an endpoint, spread by a tenth to both sides. */
    long delayNanos(int failures) {
        long delay = settings.delayNanos(targets.size(), failures, scraper.isIdle());
        return delay - delay / 10 + ThreadLocalRandom.current().nextLong(delay / 5 + 1);
    }

    ScrapeSettings settings() {
        return settings;
    }

    MetricsScraper scraper() {
        return scraper;
    }

    Bootstrap bootstrap(PageTarget target, EndpointMetadata endpoint) {
        SslContext ssl = page.ssl();
        return new Bootstrap()
                .group(scraper.loop())
                .channel(NioSocketChannel.class)
                .resolver(scraper.resolver())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        settings.timeout().toMillis())
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        if (ssl != null) {
                            channel.pipeline()
                                    .addLast(ssl.newHandler(channel.alloc(), endpoint.host(), port(endpoint)));
                        }
                        channel.pipeline().addLast(new HttpClientCodec(), target.handler());
                    }
                });
    }
}
