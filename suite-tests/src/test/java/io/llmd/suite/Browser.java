package io.llmd.suite;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Headless Chromium, where it is installed with its driver. Nothing is downloaded. For one thread. */
final class Browser implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String AXE = "/axe.min.js";
    private static final int MOST_TABS = 300;
    /** Every page has more, those of its menu alone. */
    private static final int FEWEST_STOPS = 5;

    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final List<String> OPTIONS = List.of(
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-sync",
            "--window-size=1280,900");

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts it, or skips the test and says why. */
    static Browser start() {
        Optional<Path> browser = BROWSERS.stream().flatMap(Browser::onPath).findFirst();
        Optional<Path> driver = onPath("chromedriver").findFirst();
        if (browser.isEmpty() || driver.isEmpty()) {
            String reason = "tests in a browser are skipped: no chromium and chromedriver on the path";
            System.out.println(reason);
            Assumptions.abort(reason);
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(browser.orElseThrow().toFile());
        options.addArguments(OPTIONS);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.WARNING);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.orElseThrow().toFile())
                .usingAnyFreePort()
                .build();
        ChromeDriver started = new ChromeDriver(service, options);
        started.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
        return new Browser(started);
    }

    private static Stream<Path> onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable);
    }

    void open(String url) {
        driver.get(url);
    }

    /** Path of the page. */
    String path() {
        return URI.create(Objects.requireNonNull(driver.getCurrentUrl())).getPath();
    }

    /** Waits until the text of an element holds something. */
    void await(String selector, String text) {
        new WebDriverWait(driver, PATIENCE)
                .withMessage(() -> selector + " does not show '" + text + "' but '" + textOrNothing(selector) + "'")
                .ignoring(StaleElementReferenceException.class)
                .until(page -> textOrNothing(selector).contains(text));
    }

    private String textOrNothing(String selector) {
        List<WebElement> found = driver.findElements(By.cssSelector(selector));
        return found.isEmpty() ? "" : found.getFirst().getText();
    }

    String text(String selector) {
        return driver.findElement(By.cssSelector(selector)).getText();
    }

    /** An attribute as it stands in the page, empty when it is not there. */
    String attribute(String selector, String name) {
        return Objects.requireNonNullElse(
                driver.findElement(By.cssSelector(selector)).getDomAttribute(name), "");
    }

    List<String> attributes(String selector, String name) {
        return driver.findElements(By.cssSelector(selector)).stream()
                .map(each -> Objects.requireNonNullElse(each.getDomAttribute(name), ""))
                .toList();
    }

    /** Keys to whatever has the focus. */
    void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    /** Replaces the text of the field that has the focus. */
    void type(String text) {
        press(Keys.chord(Keys.CONTROL, "a"), text);
    }

    /** Tab until an element has the focus; fails when it cannot be reached so. */
    void tabTo(String selector) {
        for (int i = 0; i < MOST_TABS; i++) {
            if (hasFocus(selector)) {
                return;
            }
            press(Keys.TAB);
        }
        throw new AssertionError(selector + " cannot be reached by keyboard");
    }

    boolean hasFocus(String selector) {
        return Boolean.TRUE.equals(run("return document.activeElement.matches(arguments[0])", selector));
    }

    /**
     * Walks over the page by Tab; fails when there is nearly nothing to walk over.
     *
     * @param most stops
     * @return those whose focus cannot be seen
     */
    List<String> stopsWithoutVisibleFocus(int most) {
        List<String> hidden = new ArrayList<>();
        int stops = 0;
        while (stops < most) {
            press(Keys.TAB);
            String stop = (String) run("""
                    const at = document.activeElement;
                    if (at === document.body || at.dataset.walked) return 'over';
                    at.dataset.walked = 'yes';
                    const style = getComputedStyle(at);
                    const box = at.getBoundingClientRect();
                    const isSeen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
                        && box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
                    return isSeen ? '' : at.outerHTML.slice(0, 120);
                    """);
            if ("over".equals(stop)) {
                break;
            }
            stops++;
            if (!stop.isEmpty()) {
                hidden.add(stop);
            }
        }
        if (stops < FEWEST_STOPS) {
            throw new AssertionError(stops + " stops by Tab at " + path() + ", expected at least " + FEWEST_STOPS);
        }
        return hidden;
    }

    Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** A script that calls its last argument when it is done. */
    Object runAsync(String script, Object... arguments) {
        return driver.executeAsyncScript(script, arguments);
    }

    /** What went wrong on pages since the last call, as the browser's own log says it. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
    }

    /** Hosts that pages asked since the last call, with their ports. */
    TreeSet<String> hosts() {
        TreeSet<String> hosts = new TreeSet<>();
        for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
            JsonNode event = JSON.readTree(entry.getMessage()).path("message");
            String url = event.at("/params/request/url").asString("");
            if (event.path("method").asString("").equals("Network.requestWillBeSent") && url.startsWith("http")) {
                hosts.add(URI.create(url.replaceAll("[?#].*", "")).getAuthority());
            }
        }
        return hosts;
    }

    /**
     * Runs axe on the page.
     *
     * @param rules those that are asked for, all when there are none
     * @return what it finds serious or critical, one line each
     */
    @SuppressWarnings("unchecked")
    List<String> accessibilityFindings(String... rules) {
        run(axe());
        return (List<String>) runAsync("""
                const [rules, done] = arguments;
                const options = {resultTypes: ['violations']};
                if (rules.length > 0) options.runOnly = {type: 'rule', values: rules};
                // Of many rows that are all alike the first few stand for the others.
                axe.run({exclude: ['tbody tr:nth-child(n + 8)']}, options).then(result => done(result.violations
                  .filter(each => ['serious', 'critical'].includes(each.impact))
                  .map(each => each.id + ': ' + each.nodes.slice(0, 3)
                    .map(node => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | '))));
                """, List.of(rules));
    }

    private static String axe() {
        try (var in = Objects.requireNonNull(Browser.class.getResourceAsStream(AXE), AXE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Width and height of the page, without the frame of the window. */
    void resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** Lets pages be dark, or light. */
    void dark(boolean isDark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", isDark ? "dark" : "light"))));
    }

    void screenshot(Path file) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
