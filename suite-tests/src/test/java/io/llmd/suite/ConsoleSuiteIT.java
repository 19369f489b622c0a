package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.launcher.Llmd;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.opentest4j.TestAbortedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The console over a whole suite: what it says is true, in a real browser where one is installed. Numbers come first, on a
 * suite at rest; then pages under load; then slow requests with a known cause; parts end last. Screenshots are in
 * {@code target/console}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleSuiteIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Percentage FIVE_PERCENT = Percentage.withPercentage(5);
    private static final Path SCREENSHOTS = Path.of("target", "console");
    private static final Pattern NUMBER = Pattern.compile("\\d[\\d\\u2009]*(\\.\\d+)?");
    private static final Pattern BUCKET = Pattern.compile("le=\"([^\"]+)\"");
    private static final int WINDOW_SECONDS = 10;
    private static final int MEASUREMENTS = 3;
    private static final int DECISIONS = 1_000;
    /** Requests at a time that never wait. */
    private static final int FEW = ConsoleSuite.PLACES * ConsoleSuite.ENDPOINTS - 4;

    private static ConsoleSuite console;
    private static RunningSuite suite;
    private static ExecutorService clients;
    private static Browser startedBrowser;
    private static String noBrowser = "";
    /** Requests with a planted cause. */
    private static final Map<String, String> PLANTED = new LinkedHashMap<>();

    @BeforeAll
    static void start() {
        clients = Executors.newVirtualThreadPerTaskExecutor();
        console = ConsoleSuite.start();
        suite = console.suite();
        try {
            startedBrowser = Browser.start();
        } catch (TestAbortedException e) {
            noBrowser = String.valueOf(e.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (startedBrowser != null) {
            startedBrowser.close();
        }
        if (console != null) {
            console.close();
        }
        clients.shutdownNow();
    }

    private static Browser browser() {
        Assumptions.assumeTrue(startedBrowser != null, noBrowser);
        return startedBrowser;
    }

    private static Browser opened(String page) {
        Browser browser = browser();
        browser.open(console.page(page));
        browser.await("#live-age", "live");
        return browser;
    }

    // ---- requests

    private static String words(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> "w" + random.nextInt(100_000))
                .collect(Collectors.joining(" "));
    }

    private static RunningSuite.Answer chat(int gateway, String text, int tokens) {
        return send(gateway, text, "\"max_tokens\":%d,\"stream_options\":{\"include_usage\":true}".formatted(tokens));
    }

    /** A client that does not ask what its request cost. */
    private static RunningSuite.Answer chatWithoutUsage(String text) {
        return send(suite.port(), text, "\"max_tokens\":3");
    }

    private static RunningSuite.Answer send(int gateway, String text, String options) {
        RunningSuite.Answer answer =
                suite.postAt(gateway, "/v1/chat/completions", """
                {"model":"%s","stream":true,%s,"messages":[{"role":"user","content":"%s"}]}""".formatted(RunningSuite.MODEL, options, text));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer;
    }

    /** So many requests in turn at both gateways, some at a time. */
    private static List<RunningSuite.Answer> chats(int count, int atATime, IntFunction<String> text, int tokens) {
        Semaphore places = new Semaphore(atATime);
        List<Future<RunningSuite.Answer>> running = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            running.add(clients.submit(() -> {
                places.acquire();
                try {
                    return chat(number % 2 == 0 ? suite.port() : console.secondPort(), text.apply(number), tokens);
                } finally {
                    places.release();
                }
            }));
        }
        return running.stream().map(ConsoleSuiteIT::join).toList();
    }

    private static RunningSuite.Answer join(Future<RunningSuite.Answer> answer) {
        try {
            return answer.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** Number of the endpoint that answered. */
    private static int endpoint(RunningSuite.Answer answer) {
        return IntStream.range(0, ConsoleSuite.ENDPOINTS)
                .filter(i -> answer.servedBy()
                        .endsWith(":" + suite.endpoints().get(i).port()))
                .findFirst()
                .orElseThrow();
    }

    // ---- numbers

    /** What the meters of both gateways and of the endpoints counted. */
    private record Counted(
            double requests, double outputTokens, TreeMap<Double, Double> firstTokens, List<OfEndpoint> endpoints) {

        /** What one endpoint counted. */
        private record OfEndpoint(double requests, double promptTokens, double cachedTokens) {

            static OfEndpoint now(int number) {
                return new OfEndpoint(
                        suite.endpointMeter(number, "vllm:request_success_total"),
                        suite.endpointMeter(number, "vllm:prompt_tokens_total"),
                        suite.endpointMeter(number, "vllm:prefix_cache_hits_total"));
            }

            OfEndpoint minus(OfEndpoint before) {
                return new OfEndpoint(
                        requests - before.requests,
                        promptTokens - before.promptTokens,
                        cachedTokens - before.cachedTokens);
            }
        }

        static Counted now() {
            List<String> pages = Arrays.stream(console.managementPorts())
                    .mapToObj(suite::meterPage)
                    .toList();
            TreeMap<Double, Double> buckets = new TreeMap<>();
            for (String page : pages) {
                page.lines()
                        .filter(line -> line.startsWith("gateway_ttft_seconds_bucket{"))
                        .forEach(line -> {
                            Matcher bound = BUCKET.matcher(line);
                            assertThat(bound.find()).isTrue();
                            double upper = bound.group(1).equals("+Inf")
                                    ? Double.MAX_VALUE
                                    : Double.parseDouble(bound.group(1));
                            buckets.merge(
                                    upper, Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)), Double::sum);
                        });
            }
            return new Counted(
                    sum(pages, "gateway_requests_total", ""),
                    sum(pages, "gateway_tokens_total", "direction=\"output\""),
                    buckets,
                    IntStream.range(0, ConsoleSuite.ENDPOINTS)
                            .mapToObj(OfEndpoint::now)
                            .toList());
        }

        private static double sum(List<String> pages, String name, String label) {
            return pages.stream()
                    .mapToDouble(page -> RunningSuite.labelledSum(name, label, page))
                    .sum();
        }

        Counted minus(Counted before) {
            TreeMap<Double, Double> buckets = new TreeMap<>(firstTokens);
            buckets.replaceAll((upper, count) -> count - before.firstTokens.getOrDefault(upper, 0.0));
            return new Counted(
                    requests - before.requests,
                    outputTokens - before.outputTokens,
                    buckets,
                    IntStream.range(0, endpoints.size())
                            .mapToObj(i -> endpoints.get(i).minus(before.endpoints.get(i)))
                            .toList());
        }

        /** Lower and upper bound of the bucket that holds the median time to the first token, seconds. */
        double[] medianBucket() {
            double half = firstTokens.lastEntry().getValue() / 2;
            double lower = 0;
            for (Map.Entry<Double, Double> bucket : firstTokens.entrySet()) {
                if (bucket.getValue() >= half) {
                    return new double[] {lower, bucket.getKey()};
                }
                lower = bucket.getKey();
            }
            throw new AssertionError("no first token was counted");
        }
    }

    private static double number(String text) {
        Matcher found = NUMBER.matcher(text);
        assertThat(found.find()).as(text).isTrue();
        return Double.parseDouble(found.group().replace("\u2009", ""));
    }

    private static double seconds(String text) {
        return number(text) * (text.contains("µs") ? 1e-6 : text.contains("ms") ? 1e-3 : 1);
    }

    /** Text of each cell of the rows of a table by the name in the row's head. */
    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, String>> table(Browser browser, String selector) {
        return (Map<String, Map<String, String>>) browser.run("""
                const table = document.querySelector(arguments[0]);
                const columns = [...table.tHead.rows[0].cells].map(cell => cell.dataset.id);
                return Object.fromEntries([...table.tBodies[0].rows].map(row => [row.querySelector('th').innerText,
                  Object.fromEntries([...row.cells].map((cell, i) => [columns[i], cell.innerText]))]));
                """, selector);
    }

    @Test
    @Order(1)
    void numbersOfBothGatewaysAreThoseOfTheMeters() {
        Browser browser = browser();
        measured(attempt -> fleetShowsWhatIsCounted(browser, attempt));
        measured(attempt -> overviewShowsWhatIsCounted(browser, MEASUREMENTS + attempt));
        assertThat(browser.text("#gateway-count")).isEqualTo("2 of 2 gateways that answered");
        assertThat(browser.text("#serving-state")).isEqualTo("Serving");

        opened("/requests");
        Counted all = Counted.now();
        await("outcomes since the start")
                .untilAsserted(
                        () -> assertThat(number(browser.text("#outcomes"))).isCloseTo(all.requests(), FIVE_PERCENT));
        assertThat(browser.text("#count")).contains("of 2 of 2 gateways");
    }

    /** A machine that stands still for seconds has other rates in between: each measurement is repeated before it fails. */
    private static void measured(IntConsumer measurement) {
        for (int attempt = 0; ; attempt++) {
            try {
                measurement.accept(attempt);
                return;
            } catch (AssertionError | ConditionTimeoutException e) {
                if (attempt == MEASUREMENTS - 1) {
                    throw e;
                }
                System.out.println("measured again: " + e.getMessage());
            }
        }
    }

    /** What is counted of requests like no others, once those before have left the console's window. */
    private static Counted batch(Browser browser, int number) {
        opened("");
        await("a window without requests")
                .atMost(Duration.ofSeconds(3 * WINDOW_SECONDS))
                .until(() -> charts(browser).getFirst().startsWith("0.00"));
        Counted before = Counted.now();
        chats(48, FEW, i -> words(i % 4, 120) + " " + words(1_000 * (number + 1) + i, 40), 12);
        Counted counted = Counted.now().minus(before);
        assertThat(counted.requests()).isEqualTo(48);
        assertThat(counted.outputTokens()).isEqualTo(48 * 12);
        return counted;
    }

    private static void fleetShowsWhatIsCounted(Browser browser, int number) {
        Counted counted = batch(browser, number);
        browser.open(console.page("/fleet"));
        await("the fleet").atMost(Duration.ofSeconds(WINDOW_SECONDS)).untilAsserted(() -> {
            Map<String, Map<String, String>> fleet = table(browser, "#fleet");
            for (int i = 0; i < ConsoleSuite.ENDPOINTS; i++) {
                Map<String, String> row = fleet.get("sim-" + i);
                assertThat(row).as("row of %d", i).isNotNull();
                Counted.OfEndpoint endpoint = counted.endpoints().get(i);
                assertThat(number(row.get("rate")))
                        .as("requests a second at %d", i)
                        .isCloseTo(endpoint.requests() / WINDOW_SECONDS, FIVE_PERCENT);
                assertThat(number(row.get("cached")))
                        .as("cached share at %d", i)
                        .isCloseTo(100 * endpoint.cachedTokens() / endpoint.promptTokens(), FIVE_PERCENT);
            }
        });
    }

    private static void overviewShowsWhatIsCounted(Browser browser, int number) {
        Counted counted = batch(browser, number);
        await("the overview").atMost(Duration.ofSeconds(WINDOW_SECONDS)).untilAsserted(() -> {
            List<String> charts = charts(browser);
            assertThat(number(charts.get(0)))
                    .as("requests a second")
                    .isCloseTo(counted.requests() / WINDOW_SECONDS, FIVE_PERCENT);
            assertThat(number(charts.get(2)))
                    .as("tokens a second")
                    .isCloseTo(counted.outputTokens() / WINDOW_SECONDS, FIVE_PERCENT);
            double[] median = counted.medianBucket();
            assertThat(seconds(charts.get(1))).isBetween(0.95 * median[0], 1.05 * median[1]);
        });
    }

    @SuppressWarnings("unchecked")
    private static List<String> charts(Browser browser) {
        return (List<String>)
                browser.run("return [...document.querySelectorAll('#charts .now')].map(each => each.innerText)");
    }

    // ---- pages

    @Test
    @Order(2)
    void loadIsStartedByKeyboard() {
        Browser browser = opened("/load");
        browser.tabTo("[name=requestsPerSecond]");
        browser.type("6");
        browser.tabTo("[name=seconds]");
        browser.type("600");
        browser.tabTo("[name=promptTokens]");
        browser.type("300");
        browser.tabTo("[name=outputTokens]");
        browser.type("16");
        browser.tabTo("#start");
        browser.press(Keys.ENTER);

        browser.await("#run", "s of 600 s");
        await("answers")
                .atMost(Duration.ofSeconds(10))
                .until(() -> api("/load").at("/running/ended").asLong() > 5);
    }

    private static JsonNode api(String path) {
        return console.api(path);
    }

    /** Id of the newest request. */
    private static String newest() {
        return api("/requests").at("/requests/0/request/requestId").asString();
    }

    @ParameterizedTest
    @Order(3)
    @CsvSource(textBlock = """
                    '', #endpoints, sim-1
                    /fleet, #fleet, sim-1
                    /requests, #requests, natural
                    /requests/last, #request, Where the time went
                    /dry-run?tokens=200, #result, Sent to
                    /queue, #summary, saturation
                    /cache, #sources, exact
                    /autoscaler, #models, sim-8b
                    /chat, #chats, The conversation appears here
                    /load, #run, in flight
                    /faults, #faults, nothing
                    /keys, #keys, demo
                    /config, #in-force, EndpointPickerConfig
                    /about, #about, version
                    """)
    void everyPageIsAccessibleInLightAndDarkAndStaysAtHome(String page, String element, String text) {
        Browser browser = browser();
        browser.complaints();
        browser.hosts();

        opened(page.replace("last", newest()));
        browser.await(element, text);

        String name = page.isEmpty()
                ? "overview"
                : page.substring(1).replaceAll("\\?.*", "").replace('/', '-');
        assertThat(browser.accessibilityFindings()).isEmpty();
        browser.screenshot(SCREENSHOTS.resolve(name + ".png"));
        browser.dark(true);
        try {
            assertThat(browser.accessibilityFindings("color-contrast"))
                    .as("in the dark")
                    .isEmpty();
            browser.screenshot(SCREENSHOTS.resolve(name + "-dark.png"));
        } finally {
            browser.dark(false);
        }
        assertThat(browser.stopsWithoutVisibleFocus(30))
                .as("focus that cannot be seen")
                .isEmpty();
        assertThat(wideElements(browser)).as("wider than the window").isEmpty();
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.hosts()).containsExactly("localhost:" + suite.port());
    }

    /** Ids of what scrolls sideways. */
    @SuppressWarnings("unchecked")
    private static List<String> wideElements(Browser browser) {
        return (List<String>) browser.run("""
                return [document.documentElement, ...document.querySelectorAll('.scroll')]
                  .filter(each => each.scrollWidth > each.clientWidth)
                  .map(each => (each.firstElementChild?.id || each.tagName) + ' by ' + (each.scrollWidth - each.clientWidth) + ' px');
                """);
    }

    @Test
    @Order(4)
    void menuNamesThePagesThatAreLookedAt() {
        Browser browser = opened("");

        assertThat(browser.attributes("nav a", "href"))
                .containsExactly(
                        "/console",
                        "/console/fleet",
                        "/console/requests",
                        "/console/dry-run",
                        "/console/queue",
                        "/console/cache",
                        "/console/autoscaler",
                        "/console/chat",
                        "/console/load",
                        "/console/faults",
                        "/console/keys",
                        "/console/config",
                        "/console/about");
    }

    @Test
    @Order(5)
    void pagesFitAPhone() {
        Browser browser = browser();
        browser.resize(360, 780);
        try {
            for (String page :
                    List.of("", "/fleet", "/requests", "/requests/" + newest(), "/queue", "/chat", "/keys")) {
                opened(page);
                Object tooWide = browser.run(
                        "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
                assertThat(((Number) tooWide).intValue()).as(page).isLessThanOrEqualTo(0);
                browser.screenshot(SCREENSHOTS.resolve("phone-" + page.replaceAll("[^a-z-]", "") + ".png"));
            }
        } finally {
            browser.resize(1280, 900);
        }
    }

    @Test
    @Order(6)
    void pagesWorkByKeyboard() {
        Browser browser = opened("");
        browser.press(Keys.TAB);
        assertThat(browser.hasFocus("a.skip")).isTrue();
        browser.press(Keys.ENTER);
        assertThat(browser.hasFocus("main")).isTrue();
        browser.press(Keys.TAB);
        assertThat(browser.hasFocus("main *")).isTrue();

        opened("");
        browser.tabTo("nav a[href='/console/fleet']");
        browser.press(Keys.ENTER);
        browser.await("h1", "Fleet");
        browser.await("#fleet", "sim-1");
        browser.tabTo("#fleet th[data-id=running] button");
        browser.press(Keys.ENTER);
        assertThat(browser.attribute("#fleet th[data-id=running]", "aria-sort")).isEqualTo("descending");
        browser.press(Keys.SPACE);
        assertThat(browser.attribute("#fleet th[data-id=running]", "aria-sort")).isEqualTo("ascending");

        opened("/chat");
        browser.tabTo("#message");
        browser.press("Count to ten", Keys.chord(Keys.CONTROL, Keys.ENTER));
        browser.await(".conversation", "tokens/s");
        browser.await(".conversation", "by sim-");
        assertThat(browser.hasFocus("#message")).isTrue();
    }

    @Test
    @Order(7)
    void escapeClosesWhatWasOpenedAndGivesTheFocusBack() {
        Browser browser = opened("/keys");
        browser.await("#keys", "demo");
        browser.tabTo("#create [name=tenant]");
        browser.press("team-a", Keys.ENTER);
        browser.await("#result", "shown once");
        browser.await("#keys", "team-a");
        browser.tabTo("#keys td button");
        browser.press(Keys.ENTER);
        browser.await("#result", "Set limits of");
        assertThat(browser.hasFocus("#result input")).isTrue();

        browser.press(Keys.ESCAPE);

        assertThat(browser.text("#result")).isEmpty();
        assertThat(browser.hasFocus("#keys td button")).isTrue();
    }

    @Test
    @Order(8)
    void weightsAreMovedByKeyboardAndTheTableFollows() {
        String id = chat(suite.port(), "hello there", 3).requestId();
        Browser browser = opened("/requests/" + id);
        browser.await("#request", "Under other weights");
        String before = browser.text("table.decision tbody");
        browser.tabTo("input[aria-label='weight of " + scorerThatCounted(id) + "']");
        for (int i = 0; i < 12; i++) {
            browser.press(Keys.ARROW_RIGHT);
        }

        assertThat(browser.text("table.decision tbody")).isNotEqualTo(before);
        assertThat(browser.text("#request")).contains("These weights");
    }

    /** A weight changes nothing in the table where its scorer gave nothing to any endpoint. */
    private static String scorerThatCounted(String id) {
        return api("/scheduler/v1/decisions/" + id)
                .at("/attempts/0/explanation/profiles/0/scorers")
                .valueStream()
                .filter(scorer -> scorer.path("scores")
                        .valueStream()
                        .anyMatch(score -> score.path("raw").asDouble() > 0))
                .findFirst()
                .orElseThrow()
                .path("plugin")
                .asString();
    }

    @Test
    @Order(9)
    void escapeEndsAnAnswerAndTheWorkForIt() {
        Browser browser = opened("/chat");
        browser.tabTo("#settings-box summary");
        browser.press(Keys.ENTER);
        browser.tabTo("#max-tokens");
        browser.type("5000");
        browser.tabTo("#message");
        browser.press("Tell me everything", Keys.chord(Keys.CONTROL, Keys.ENTER));
        browser.await(".conversation .turn:last-child .text", " ");

        browser.press(Keys.ESCAPE);

        browser.await(".conversation", "stopped by you");
        await("it is over at the gateway")
                .until(() -> api("/requests")
                        .path("requests")
                        .valueStream()
                        .anyMatch(
                                entry -> entry.at("/request/outcome").asString().equals("client-disconnect")));
    }

    @Test
    @Order(10)
    void loadIsStoppedByKeyboardAndItsResultIsShown() {
        Browser browser = opened("/load");
        browser.await("#run", "in flight");
        browser.tabTo("#stop");
        browser.press(Keys.ENTER);

        browser.await("#reports", "load --rps 6");
    }

    @Test
    @Order(11)
    void requestOfTheOtherGatewayIsFoundWithItsDecision() {
        RunningSuite.Answer answer = chat(console.secondPort(), "Hello from elsewhere", 4);

        JsonNode found = api("/requests/" + answer.requestId());

        assertThat(found.path("requests")).hasSize(1);
        assertThat(found.at("/decisions/attempts")).hasSize(1);
        Browser browser = opened("/requests");
        browser.await("#requests", answer.requestId().substring(0, 16));
    }

    // ---- explanations

    @Test
    @Order(12)
    void explanationsOfAThousandRequestsLeadToTheChoicesThatWereMade() {
        SplittableRandom random = new SplittableRandom(11);
        int[] lengths = random.ints(DECISIONS, 1, 200).toArray();
        Map<String, Integer> served =
                chats(DECISIONS, FEW, i -> words(i % 7, lengths[i]) + " " + words(10_000 + i, 5), 1).stream()
                        .collect(Collectors.toMap(RunningSuite.Answer::requestId, ConsoleSuiteIT::endpoint));
        assertThat(served).hasSize(DECISIONS);

        JsonNode decisions = api("/scheduler/v1/decisions?limit=" + DECISIONS).path("decisions");
        assertThat(decisions).hasSize(DECISIONS);
        for (JsonNode decision : decisions) {
            String id = decision.path("requestId").asString();
            assertThat(decision.path("endpoints").path(0).asString()).as(id).isEqualTo("default/sim-" + served.get(id));
        }
        JsonNode again = JSON.readTree(suite.postTo(
                        "/console/api/scheduler/v1/decisions:replay?limit=" + DECISIONS,
                        suite.getText("/console/api/scheduler/v1/configuration"),
                        "x-console-token",
                        token(),
                        "content-type",
                        "application/yaml")
                .body());
        assertThat(again.path("replayed").asInt()).as(again.toString()).isEqualTo(DECISIONS);
        assertThat(again.path("changed").asInt()).as(again.toString()).isZero();
    }

    private static String token() {
        Matcher found =
                Pattern.compile("name=\"console-token\" content=\"([^\"]+)\"").matcher(suite.getText("/console"));
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    /** The page's own arithmetic on what it is told. */
    @Test
    @Order(13)
    void tableOfThePageLeadsToTheSameChoices() {
        Browser browser = opened("/requests");

        Map<?, ?> result = (Map<?, ?>) browser.runAsync("""
                const [most, done] = arguments;
                const script = document.querySelector('script[type=module]').src;
                const at = '/console/api/scheduler/v1/decisions';
                (async () => {
                  const {agrees} = await import(script.replace('requests.js', 'decision.js'));
                  const {decisions} = await (await fetch(at + '?limit=' + most)).json();
                  const ids = decisions.map(each => each.requestId);
                  const wrong = [];
                  let compared = 0;
                  const work = async () => {
                    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
                      const {attempts} = await (await fetch(at + '/' + encodeURIComponent(id))).json();
                      for (const profile of attempts.flatMap(attempt => attempt.explanation.profiles)) {
                        compared++;
                        if (!agrees(profile)) wrong.push(id);
                      }
                    }
                  };
                  await Promise.all(Array.from({length: 6}, work));
                  done({compared, wrong});
                })().catch(e => done({compared: 0, wrong: [String(e)]}));
                """, DECISIONS);

        assertThat((List<?>) result.get("wrong")).isEmpty();
        assertThat(((Number) result.get("compared")).intValue()).isGreaterThanOrEqualTo(DECISIONS);
    }

    // ---- slow requests

    @Test
    @Order(14)
    void coldPrefixIsTheCause() {
        expectCause("cold prefix", chatWithoutUsage(words(77_777, 1_500)).requestId());
    }

    @Test
    @Order(15)
    void slowEndpointIsTheCause() {
        int slow = ConsoleSuite.ENDPOINTS - 1;
        suite.faults(slow, "{\"slow_factor\":30}");
        try {
            List<RunningSuite.Answer> there = new ArrayList<>();
            await("some requests at the slow endpoint by each gateway")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        chats(FEW, ConsoleSuite.ENDPOINTS, i -> words(System.nanoTime() + i, 8), 4).stream()
                                .filter(answer -> endpoint(answer) == slow)
                                .forEach(there::add);
                        return there.size() >= 6;
                    });

            expectCause("slow endpoint", slowest(there));
        } finally {
            suite.faults(slow, "{\"slow_factor\":null}");
        }
    }

    @Test
    @Order(16)
    void waitInTheQueueIsTheCause() {
        int many = 4 * ConsoleSuite.PLACES * ConsoleSuite.ENDPOINTS;

        expectCause("queue", slowest(chats(many, many, i -> words(500_000 + i, 4), 25)));
    }

    private static String slowest(List<RunningSuite.Answer> answers) {
        return answers.stream()
                .max(Comparator.comparingLong(RunningSuite.Answer::nanos))
                .orElseThrow()
                .requestId();
    }

    /** What the page and the command line say about a request of which one knows that it was slow, and its id. */
    private static void expectCause(String cause, String requestId) {
        JsonNode finding = api("/requests/" + requestId).at("/requests/0/findings/0");
        assertThat(finding.path("cause").asString())
                .as(() -> api("/requests/" + requestId).toPrettyString())
                .isEqualTo(cause);
        String text = finding.path("text").asString();
        assertThat(explain(requestId)).contains("what stands out\n   " + text);
        PLANTED.put(cause, requestId);
    }

    private static String explain(String requestId) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code = Llmd.commandLine(new Terminal(stream, stream, false, false))
                .execute(
                        "explain",
                        requestId,
                        "--url",
                        suite.schedulerUrl(),
                        "--gateway",
                        "http://127.0.0.1:" + suite.port());
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(code).as(text).isZero();
        return text;
    }

    @Test
    @Order(17)
    void pageOfASlowRequestNamesTheCauseFirst() {
        Browser browser = browser();
        assertThat(PLANTED).hasSize(3);
        PLANTED.forEach((cause, id) -> {
            opened("/requests");
            browser.tabTo("#filter");
            browser.press(id);
            browser.tabTo("#requests a");
            browser.press(Keys.ENTER);
            browser.await("#request", "What stands out");
            assertThat(browser.attribute(".findings li", "data-cause")).isEqualTo(cause);
            browser.screenshot(SCREENSHOTS.resolve("cause-" + cause.replace(' ', '-') + ".png"));
        });
    }

    // ---- parts that are gone

    @ParameterizedTest
    @Order(18)
    @CsvSource(textBlock = """
                    AUTOSCALER, autoscaler, /autoscaler, #models, the autoscaler does not answer
                    KV_INDEX, KV index, /cache, #index, the KV index does not answer
                    CONFIG_SERVER, config server, '', #parts, config server
                    GATEWAY, gateway, /requests, #count, of 1 of 2 gateways
                    """)
    void partThatIsGoneIsNamedAndTheRestGoesOn(Role role, String name, String page, String element, String text) {
        Browser browser = opened(page);

        console.stop(role);

        browser.await("#banner", name);
        browser.await(element, text);
        browser.await("#live-state", "Degraded");
        browser.screenshot(SCREENSHOTS.resolve("gone-" + role.serviceName() + ".png"));
        opened("");
        browser.await("#events", " is gone");
        assertThat(chat(suite.port(), "Still there", 2).status()).isEqualTo(200);
    }

    @Test
    @Order(19)
    void endpointThatIsGoneIsSeen() {
        Browser browser = opened("");
        int gone = ConsoleSuite.ENDPOINTS - 1;

        suite.stopEndpoint(gone);

        await("its state")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptionsInstanceOf(StaleElementReferenceException.class)
                .until(() -> List.of("stale", "ejected")
                        .contains(browser.attribute("#endpoints a[href$='sim-" + gone + "'] .state", "data-state")));
        browser.await("#events", "sim-" + gone);
        browser.screenshot(SCREENSHOTS.resolve("gone-endpoint.png"));
        assertThat(chat(suite.port(), "Still there", 2).status()).isEqualTo(200);
    }

    @Test
    @Order(20)
    void pagesWorkWithoutTheScheduler() {
        String id = chat(suite.port(), "The last one", 2).requestId();
        Browser browser = opened("");

        console.stop(Role.SCHEDULER);

        browser.await("#banner", "scheduler");
        browser.await("#live-state", "Degraded");
        browser.await("#events", "The scheduler is gone");
        browser.screenshot(SCREENSHOTS.resolve("gone-scheduler.png"));
        opened("/requests");
        browser.await("#requests", "natural");
        opened("/requests/" + id);
        browser.await("#request", "Where the time went");
        browser.await("#request", "The scheduler does not answer");
        opened("/queue");
        browser.await("#summary", "does not tell what waits");
        opened("/config");
        browser.await("main", "the scheduler does not answer");
        opened("/dry-run?tokens=20");
        browser.await("#result", "the scheduler does not answer");
    }
}
