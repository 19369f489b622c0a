package io.llmd.autoscaler.collector;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads what Prometheus has of engines and routers: one query for all engines and one for all routers of a cycle, however many
 * there are. It asks for values and for the times at which they were scraped, since Prometheus tells a value for minutes after it
 * has lost sight of who said it, and for both at one moment, so that no value gets the time of a later one. A page is known by its
 * host and port, which is the label {@code instance}; of one that several jobs or servers scrape, the latest is taken.
 *
 * <p>What Prometheus does not have is missing; nothing is thrown. A query has a deadline, which an answer that never ends cannot move, and an
 * answer may have 8 MiB. After a failure it is left alone for a while. Safe from any thread.
 */
public final class PrometheusCollector implements Collector {

    private static final Logger LOG = LoggerFactory.getLogger(PrometheusCollector.class);
    private static final int MAX_BYTES = 8 << 20;
    private static final Duration REST = Duration.ofSeconds(15);
    private static final String ENGINES = "vllm:num_requests_running|vllm:num_requests_waiting|vllm:kv_cache_usage_perc"
            + "|vllm:cache_config_info|vllm:iteration_tokens_total_count|vllm:prompt_tokens_total"
            + "|vllm:prefix_cache_hits_total|vllm:generation_tokens_total|vllm:num_preemptions_total"
            + "|vllm:inter_token_latency_seconds_(sum|count)|sglang:num_running_reqs|sglang:num_queue_reqs"
            + "|sglang:token_usage|sglang:max_total_num_tokens|sglang:prompt_tokens_total|sglang:cached_tokens_total"
            + "|sglang:generation_tokens_total|sglang:inter_token_latency_seconds_(sum|count)";
    private static final String ROUTERS = "llm_d_epp_request_total|llm_d_epp_request_running|llm_d_epp_ready_endpoints"
            + "|llm_d_epp_flow_control_queue_size|llm_d_epp_request_(input|output|cached)_tokens_(sum|count|bucket)"
            + "|llm_d_epp_request_ttft_seconds_bucket|llm_d_epp_request_streaming_tpot_seconds_bucket";

    private static final List<String> TIMED_ENGINES = List.of("vllm:num_requests_running", "sglang:num_running_reqs");
    private static final List<String> TIMED_ROUTERS = List.of("llm_d_epp_ready_endpoints", "llm_d_epp_request_total");

    /** Labels that tell who has scraped a page, beside {@code instance}. */
    private static final List<String> SOURCE =
            List.of("instance", "job", "prometheus", "prometheus_replica", "replica");

    private static final String SCRAPED = "llmd_scraped";

    /**
     * Which Prometheus, and what of it.
     *
     * @param url its base URL
     * @param selector matchers that only series of ours have, such as {@code namespace="llm"}; without any, numbers of other pools
     *     would be taken for ours
     * @param tokenFile file with a bearer token, read for each query; none for no token
     * @param timeout of one query
     */
    public record Settings(
            URI url, String selector, @Nullable Path tokenFile, Duration timeout) {

        private static final Pattern MATCHER = Pattern.compile("\\w+(=~?)\"([^\"]+)\"");

        /** Names that nobody gives: an expression that finds them finds everything. */
        private static final List<String> NOBODY = List.of("", "zqxjkvwq", "zqxj-7kvq-93", "Zq_7.xj/kv:9");

        public Settings {
            boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (!isHttp || url.getHost() == null) {
                throw new IllegalArgumentException(
                        "autoscaler.prometheus.url: " + url + " (expected: http or https, and a host)");
            }
            if (!selector.matches("\\w+=~?\"[^\"]+\"(,\\w+=~?\"[^\"]+\")*") || !isIsolating(selector)) {
                throw new IllegalArgumentException("UNISOLATED_QUERY: prometheus.selector: " + selector
                        + " (expected: matchers of a namespace or pool, such as namespace=\"llm\")");
            }
        }

        /** Whether one matcher at least does not find everything. */
        private static boolean isIsolating(String selector) {
            return MATCHER.matcher(selector)
                    .results()
                    .anyMatch(each -> each.group(1).equals("=") || isNarrow(each.group(2)));
        }

        private static boolean isNarrow(String expression) {
            try {
                Pattern pattern = Pattern.compile(expression.replace("\\\\", "\\"));
                return NOBODY.stream().noneMatch(name -> pattern.matcher(name).matches());
            } catch (PatternSyntaxException e) {
                return false;
            }
        }
    }

    private final Settings settings;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("prometheus-", 0).factory());
    private final HttpClient client;
    private final JsonMapper json = JsonMapper.builder().build();
    private volatile long restUntilNanos = System.nanoTime();
    private volatile boolean isFailing;

    /** A collector. */
    public PrometheusCollector(Settings settings) {
        this.settings = settings;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.timeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
    }

    @Override
    public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
        Map<String, EngineReading> readings = new HashMap<>();
        read(pages, ENGINES, TIMED_ENGINES, EnginePage::new, atSeconds).forEach((key, reading) -> {
            if (reading.isUsable()) {
                readings.put(key, reading);
            }
        });
        return readings;
    }

    @Override
    public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
        Map<URI, URI> keys = new HashMap<>();
        pages.forEach(page -> keys.put(page, page));
        Map<URI, RouterReading> readings = read(keys, ROUTERS, TIMED_ROUTERS, RouterPage::new, atSeconds);
        readings.values().removeIf(reading -> !reading.isUsable());
        return readings;
    }

    private <K, T> Map<K, T> read(
            Map<K, URI> pages, String names, List<String> timed, Supplier<Page<T>> format, double atSeconds) {
        if (pages.isEmpty() || System.nanoTime() - restUntilNanos < 0) {
            return Map.of();
        }
        String wanted = "{__name__=~\"" + names + "\"," + settings.selector() + "}";
        // One series of each instance tells when it was scraped; all of a page have the same time.
        String times = timed.stream()
                .map(name -> "timestamp(" + name + "{" + settings.selector() + "})")
                .collect(Collectors.joining(" or ", "max by (" + String.join(", ", SOURCE) + ") (", ")"));
        String question =
                wanted + " or label_replace(" + times + ", \"" + SCRAPED + "\", \"at\", \"instance\", \".*\")";
        Future<Map<K, T>> asked;
        try {
            asked = threads.submit(() -> readings(pages, query(question), format, atSeconds));
        } catch (RejectedExecutionException e) {
            return Map.of();
        }
        try {
            Map<K, T> read = asked.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
            if (isFailing) {
                isFailing = false;
                LOG.atInfo().addKeyValue("endpoint", settings.url()).log("Prometheus can be asked again");
            }
            return read;
        } catch (ExecutionException e) {
            failed(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            asked.cancel(true);
            failed(e);
        } catch (InterruptedException e) {
            asked.cancel(true);
            Thread.currentThread().interrupt();
        }
        return Map.of();
    }

    private void failed(Throwable reason) {
        restUntilNanos = System.nanoTime() + REST.toNanos();
        if (!isFailing) {
            isFailing = true;
            LOG.atWarn()
                    .addKeyValue("endpoint", settings.url())
                    .addKeyValue("reason", reason.getClass().getSimpleName())
                    .log("Prometheus cannot be asked, pages are read directly");
        }
    }

    private static <K, T> Map<K, T> readings(
            Map<K, URI> pages, JsonNode series, Supplier<Page<T>> format, double atSeconds) {
        Map<String, Scrape> latest = new HashMap<>();
        for (JsonNode each : series) {
            if (each.path("metric").path(SCRAPED).isMissingNode()) {
                continue;
            }
            double age = each.path("value").path(0).asDouble(Double.NaN)
                    - number(each.path("value").path(1));
            // Of what has no time, or one that is still to come, nobody knows how old it is.
            if (Double.isFinite(age) && age >= 0) {
                Scrape scrape = new Scrape(age, source(each));
                latest.merge(scrape.instance(), scrape, Scrape::later);
            }
        }
        Map<String, Page<T>> open = new HashMap<>();
        for (JsonNode each : series) {
            boolean isValue = each.path("metric").path(SCRAPED).isMissingNode();
            List<String> source = source(each);
            Scrape scrape = latest.get(source.getFirst());
            if (isValue && scrape != null && scrape.source().equals(source)) {
                byte[] line = line(each);
                open.computeIfAbsent(scrape.instance(), name -> format.get()).feed(line, 0, line.length);
            }
        }
        Map<String, T> finished = new HashMap<>();
        latest.forEach((instance, scrape) -> {
            Page<T> page = open.get(instance);
            if (page != null) {
                finished.put(instance, page.finish(atSeconds - scrape.age()));
            }
        });
        Map<K, T> read = new HashMap<>();
        pages.forEach((key, page) -> {
            T reading = finished.get(instance(page));
            if (reading != null) {
                read.put(key, reading);
            }
        });
        return read;
    }

    /** One page as one job of one server has scraped it. @param source values of the labels of {@link #SOURCE} */
    private record Scrape(double age, List<String> source) {

        String instance() {
            return source.getFirst();
        }

        Scrape later(Scrape other) {
            boolean isFirst = age < other.age
                    || (age == other.age && String.join("\n", source).compareTo(String.join("\n", other.source)) <= 0);
            return isFirst ? this : other;
        }
    }

    private static List<String> source(JsonNode series) {
        return SOURCE.stream()
                .map(label -> series.path("metric").path(label).asString(""))
                .toList();
    }

    private static String instance(URI page) {
        int port = page.getPort() >= 0 ? page.getPort() : "https".equals(page.getScheme()) ? 443 : 80;
        return page.getHost() + ":" + port;
    }

    private static double number(JsonNode value) {
        try {
            return Double.parseDouble(value.asString("NaN"));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** A result as the line of a metrics page. */
    private static byte[] line(JsonNode result) {
        StringBuilder line = new StringBuilder();
        StringBuilder labels = new StringBuilder();
        result.path("metric").properties().forEach(label -> {
            String value = label.getValue().asString("");
            if (label.getKey().equals("__name__")) {
                line.append(value);
            } else {
                labels.append(labels.isEmpty() ? "" : ",")
                        .append(label.getKey())
                        .append("=\"")
                        .append(value.replace("\\", "\\\\")
                                .replace("\"", "\\\"")
                                .replace("\n", "\\n"))
                        .append('"');
            }
        });
        line.append('{')
                .append(labels)
                .append("} ")
                .append(result.path("value").path(1).asString("NaN"));
        return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    private JsonNode query(String query) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(settings.url().toString().replaceAll("/+$", "") + "/api/v1/query"))
                .timeout(settings.timeout())
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("query=" + URLEncoder.encode(query, StandardCharsets.UTF_8)));
        if (settings.tokenFile() != null) {
            request.header(
                    "authorization",
                    "Bearer " + Files.readString(settings.tokenFile()).strip());
        }
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        byte[] body;
        try (InputStream in = response.body()) {
            body = in.readNBytes(MAX_BYTES + 1);
        }
        if (response.statusCode() != 200 || body.length > MAX_BYTES) {
            throw new IOException("status " + response.statusCode() + ", " + body.length + " bytes");
        }
        JsonNode result = json.readTree(body).path("data").path("result");
        if (!result.isArray()) {
            throw new IOException("no result");
        }
        return result;
    }

    @Override
    public void close() {
        client.shutdownNow();
        threads.shutdownNow();
    }
}
