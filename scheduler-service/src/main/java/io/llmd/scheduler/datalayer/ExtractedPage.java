package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one extractor reads of the pages of one endpoint. Used by one thread. */
final class ExtractedPage {

    private static final Logger LOG = LoggerFactory.getLogger(ExtractedPage.class);

    private final SourceBinding.NamedExtractor extractor;
    private final PageReader reader;
    private double startTime = Double.NaN;
    private List<String> missing = List.of();

    ExtractedPage(SourceBinding.NamedExtractor extractor, PageReader reader) {
        this.extractor = extractor;
        this.reader = reader;
    }

    void reset() {
        reader.reset();
    }

    void feed(byte[] bytes, int from, int to) {
        reader.feed(bytes, from, to);
    }

    /** Ends the page. Returns whether it said what it must. */
    boolean finish(PagePoller poller, EndpointMetadata endpoint) {
        MetricsScraper scraper = poller.scraper();
        Reading reading = reader.finish(scraper.nanoTime());
        if (!reading.missing().isEmpty()) {
            scraper.listener().incomplete(endpoint.id(), poller.source().type(), extractor.type());
        }
        logMissing(endpoint, reading.missing());
        scraper.store().update(endpoint, reading.metrics(), reading.attributes());
        noteStart(scraper, endpoint, reading.startTime());
        return reading.isUsable();
    }

    /** Once when it begins, and not again until something else is missing. */
    private void logMissing(EndpointMetadata endpoint, List<String> now) {
        if (!now.equals(missing)) {
            missing = now;
            if (!now.isEmpty()) {
                LOG.atWarn()
                        .addKeyValue("endpoint", endpoint.id())
                        .addKeyValue("plugin", extractor.name())
                        .addKeyValue("reason", Failure.INCOMPLETE)
                        .log("a page does not say {}", now);
            }
        }
    }

    private void noteStart(MetricsScraper scraper, EndpointMetadata endpoint, double started) {
        if (!Double.isNaN(started)) {
            boolean isRestarted = !Double.isNaN(startTime) && started != startTime;
            startTime = started;
            if (isRestarted) {
                scraper.store().restarted(endpoint);
            }
        }
    }
}
