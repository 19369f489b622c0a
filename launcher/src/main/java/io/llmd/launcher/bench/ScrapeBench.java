package io.llmd.launcher.bench;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.datalayer.EngineMapping;
import io.llmd.scheduler.datalayer.EngineMetricsReader;
import io.llmd.scheduler.datalayer.MetricsScraper;
import io.llmd.scheduler.datalayer.PageExtractor;
import io.llmd.scheduler.datalayer.PageReader;
import io.llmd.scheduler.datalayer.PageSource;
import io.llmd.scheduler.datalayer.Reading;
import io.llmd.scheduler.datalayer.ScrapeListener;
import io.llmd.scheduler.datalayer.ScrapeSettings;
import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.datalayer.SourceBinding.NamedExtractor;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The scraper of the scheduler in this process, and the pages that it reads in another one. Measured is the CPU time of
 * this process, garbage collector and compiler included.
 */
final class ScrapeBench implements AutoCloseable {

    private static final double GOAL_CORES = 0.1;
    private static final double MAX_FOREIGN_SHARE = 0.20;

    private final Settings settings;
    private final PrintWriter progress;
    private final CpuMeter meter = CpuMeter.system();
    private final Process pages;
    private final List<Integer> ports;
    private final AtomicLong readings = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();

    /**
     * What is measured.
     *
     * @param endpoints how many pages there are
     * @param rounds measurements of each interval, at least 1
     * @param window length of one
     * @param warmUp before the first of each interval
     */
    record Settings(int endpoints, int rounds, Duration window, Duration warmUp) {}

    private record Round(double cores, double rate, double foreignShare) {}

    ScrapeBench(Settings settings, PrintWriter progress) throws IOException {
        this.settings = settings;
        this.progress = progress;
        pages = new ProcessBuilder(ChildJvm.command(ScrapePages.class.getName(), List.of("" + settings.endpoints())))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = new BufferedReader(new InputStreamReader(pages.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("ports ")) {
            close();
            throw new BenchFailure("the pages did not start: " + line);
        }
        ports = Arrays.stream(line.substring(6).split(" "))
                .map(Integer::valueOf)
                .toList();
    }

    /** Measures, fast readings first, since a scheduler that has run for a while is warm. @throws BenchFailure if a page could not be read */
    List<GoalLine> run() throws IOException, InterruptedException {
        List<GoalLine> lines = new ArrayList<>();
        List<Round> fast = measure("every 50 ms", Duration.ofMillis(50), Integer.MAX_VALUE);
        List<Round> usual = measure("usual settings", Duration.ofMillis(50), 1000);
        List<Round> idle = measure("every second", Duration.ofSeconds(1), Integer.MAX_VALUE);
        lines.add(
                GoalLine.judged("P13", "cores-every-second", cores(idle), "cores", GOAL_CORES, null, disturbed(idle)));
        lines.add(reported("cpu-per-page", micros(idle), "us", idle));
        lines.add(reported("cores-usual", cores(usual), "cores", usual));
        lines.add(reported("pages-usual", rate(usual), "1/s", usual));
        lines.add(reported("cores-every-50ms", cores(fast), "cores", fast));
        lines.add(reported("pages-every-50ms", rate(fast), "1/s", fast));
        return lines;
    }

    private static GoalLine reported(String name, Figure figure, String unit, List<Round> rounds) {
        return GoalLine.reported("P13", name, figure, unit, null, disturbed(rounds));
    }

    private static Figure cores(List<Round> rounds) {
        return Figure.of(rounds.stream().map(Round::cores).toList());
    }

    private static Figure rate(List<Round> rounds) {
        return Figure.of(rounds.stream().map(Round::rate).toList());
    }

    private static Figure micros(List<Round> rounds) {
        return Figure.of(
                rounds.stream().map(round -> round.cores() * 1e6 / round.rate()).toList());
    }

    private static long disturbed(List<Round> rounds) {
        return rounds.stream()
                .filter(round -> round.foreignShare() > MAX_FOREIGN_SHARE)
                .count();
    }

    private List<Round> measure(String name, Duration interval, int maxPerSecond)
            throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        EndpointStore store = new EndpointStore(Duration.ofSeconds(5), System::nanoTime);
        ScrapeSettings scrape = new ScrapeSettings(
                "/metrics",
                interval,
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                Duration.ofSeconds(5),
                4 << 20,
                maxPerSecond);
        try (MetricsScraper scraper = new MetricsScraper(store, scrape, new Failures(), System::nanoTime)) {
            scraper.use(List.of(binding()));
            scraper.start();
            for (int i = 0; i < ports.size(); i++) {
                String pageName = "page-" + i;
                store.upsert(new EndpointMetadata(
                        "bench/" + pageName, pageName, "127.0.0.1", ports.get(i), ports.get(i), Map.of(), 0));
            }
            TimeUnit.NANOSECONDS.sleep(settings.warmUp().toNanos());
            failures.set(0);
            for (int i = 0; i < settings.rounds(); i++) {
                rounds.add(round(name, i));
            }
        }
        if (failures.get() > 0) {
            throw new BenchFailure(failures.get() + " pages could not be read");
        }
        return rounds;
    }

    private Round round(String name, int index) throws IOException, InterruptedException {
        long from = readings.get();
        Clocks start = Clocks.read(meter, pages.toHandle());
        TimeUnit.NANOSECONDS.sleep(settings.window().toNanos());
        Clocks end = Clocks.read(meter, pages.toHandle());
        long read = readings.get() - from;
        if (read == 0) {
            throw new BenchFailure("no page was read");
        }
        double seconds = (end.nanos() - start.nanos()) / 1e9;
        Round round = new Round(
                (end.ownNanos() - start.ownNanos()) / 1e9 / seconds,
                read / seconds,
                Clocks.foreignShare(start, end, Runtime.getRuntime().availableProcessors()));
        progress.printf("%s, round %d: %,.0f pages/s, %.3f cores%n", name, index + 1, round.rate(), round.cores());
        progress.flush();
        return round;
    }

    private SourceBinding binding() {
        PageSource source = new PageSource(
                Content.METRICS, new PageSource.Settings(null, null, null, PageSource.Pace.LOAD, 0, null));
        return new SourceBinding(
                "pages", "metrics-data-source", source, List.of(new NamedExtractor("load", "bench", new Load())));
    }

    /** The reader that the core extractor uses for vLLM, with a count. */
    private final class Load implements PageExtractor {
        @Override
        public Set<Content> understands() {
            return Set.of(Content.METRICS);
        }

        @Override
        public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
            EngineMapping mapping = Objects.requireNonNull(EngineMapping.BUILT_IN.get("vllm"));
            PageReader reader = new EngineMetricsReader(mapping, List.of("load"), keepNanos);
            return new PageReader() {
                @Override
                public void reset() {
                    reader.reset();
                }

                @Override
                public void feed(byte[] bytes, int from, int to) {
                    reader.feed(bytes, from, to);
                }

                @Override
                public Reading finish(long nowNanos) {
                    readings.incrementAndGet();
                    return reader.finish(nowNanos);
                }
            };
        }
    }

    private final class Failures implements ScrapeListener {
        @Override
        public void failed(String endpointId, String sourceType, Failure failure) {
            failures.incrementAndGet();
        }

        @Override
        public void incomplete(String endpointId, String sourceType, String extractorType) {
            failures.incrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        pages.getOutputStream().close();
        try {
            if (!pages.waitFor(10, TimeUnit.SECONDS)) {
                pages.destroyForcibly();
            }
        } catch (InterruptedException e) {
            pages.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
