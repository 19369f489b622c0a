package io.llmd.gateway.console;

import static io.llmd.gateway.GatewayFixture.KEY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The console over real sockets: who gets in, what is served, and what the feed tells. */
class ConsoleIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern TOKEN = Pattern.compile("name=\"console-token\" content=\"([^\"]+)\"");
    private static final String DRAIN = "{\"endpoint\":\"default/sim-0\",\"minutes\":1}";

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(
                2, "gateway.console.enabled=true", "gateway.console.login=none", "gateway.console.trial=true");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static RawClient.Answer get(GatewayFixture at, String path, String... headers) {
        return exchange(at, "GET " + path + " HTTP/1.1\r\nhost: localhost:" + at.port() + "\r\n", "", headers);
    }

    private static RawClient.Answer post(GatewayFixture at, String path, String body, String... headers) {
        String head = "POST " + path + " HTTP/1.1\r\nhost: localhost:" + at.port() + "\r\ncontent-length: "
                + body.length() + "\r\n";
        return exchange(at, head, body, headers);
    }

    private static RawClient.Answer exchange(GatewayFixture at, String head, String body, String... headers) {
        StringBuilder text = new StringBuilder(head);
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        try (RawClient client = at.connect()) {
            return client.send(text + "\r\n" + body).receive();
        }
    }

    private static String token(GatewayFixture at, String... headers) {
        Matcher found = TOKEN.matcher(get(at, "/console", headers).body());
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    @ParameterizedTest
    @EnumSource(Page.class)
    void everyPageIsServedWithAPolicyThatLetsNothingInFromOutside(Page page) {
        RawClient.Answer answer = get(gateway, page.path().replace("{id}", "abc"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("<h1", page.title() + " · llm-d").doesNotContain("http://", "https://");
        assertThat(answer.header("content-security-policy"))
                .contains("default-src 'self'")
                .doesNotContain("unsafe");
        assertThat(answer.header("cache-control")).contains("no-store");
    }

    @Test
    void assetsAreServedFromHereForEver() {
        Matcher found = Pattern.compile("(?:src|href)=\"(/console/assets/[^\"]+)\"")
                .matcher(get(gateway, "/console").body());
        int assets = 0;
        while (found.find()) {
            RawClient.Answer asset = get(gateway, found.group(1));
            assertThat(asset.status()).isEqualTo(200);
            assertThat(asset.header("cache-control")).contains("immutable");
            assets++;
        }

        assertThat(assets).isGreaterThan(5);
        assertThat(get(gateway, "/console/assets/x/js/none.js").status()).isEqualTo(404);
    }

    @Test
    @Tag("bad-input-B104")
    void pagesOfOtherSitesAreRefused() {
        String token = "x-console-token: " + token(gateway);

        assertThat(get(gateway, "/console/api/history", "origin: http://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(get(gateway, "/console/api/history", "sec-fetch-site: cross-site")
                        .status())
                .isEqualTo(403);
        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN, token, "origin: http://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN, token, "origin: null")
                        .status())
                .isEqualTo(403);
    }

    @Test
    @Tag("bad-input-B104")
    void writesNeedTheToken() {
        String origin = "origin: http://localhost:" + gateway.port();

        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN, origin).status())
                .isEqualTo(403);
        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN, origin, "x-console-token: wrong")
                        .status())
                .isEqualTo(403);
        assertThat(post(
                                gateway,
                                "/console/api/endpoints/drain",
                                DRAIN.replace("1}", "0}"),
                                origin,
                                "x-console-token: " + token(gateway))
                        .status())
                .isEqualTo(204);
    }

    @Test
    void otherNamesForThisMachineAreRefusedWithoutALogin() {
        RawClient.Answer answer = exchange(gateway, "GET /console HTTP/1.1\r\nhost: rebound.example\r\n", "");

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("not_local");
    }

    @Test
    void drainedEndpointGetsNoRequestsUntilItIsTakenBack() {
        String token = "x-console-token: " + token(gateway);
        gateway.reset();
        gateway.endpoint(0).always(Reply.chat("zero"));
        gateway.endpoint(1).always(Reply.chat("one"));

        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN, token).status())
                .isEqualTo(204);
        assertThat(gateway.chat().body()).contains("one");
        assertThat(post(gateway, "/console/api/endpoints/drain", DRAIN.replace("1}", "0}"), token)
                        .status())
                .isEqualTo(204);
        assertThat(gateway.chat().body()).contains("zero");
    }

    @Test
    void requestIsListedAndFoundWithItsStepsAndWithoutItsText() {
        gateway.reset();
        gateway.endpoint(0).always(Reply.chat("model"));
        gateway.post(GatewayFixture.CHAT, GatewayFixture.BODY.replace("hi", "a secret"), "x-request-id: r-steps");

        RawClient.Answer answer = get(gateway, "/console/api/requests/r-steps");

        JsonNode request = JSON.readTree(answer.body()).path("requests").path(0).path("request");
        assertThat(request.path("outcome").asString()).isEqualTo("natural");
        assertThat(request.path("attempts").path(0).path("endpoint").asString()).isEqualTo("default/sim-0");
        assertThat(request.path("attempts").path(0).path("result").asString()).isEqualTo("ok");
        assertThat(request.path("receivedMicros").asLong()).isPositive();
        assertThat(request.path("firstByteMicros").asLong())
                .isBetween(1L, request.path("durationMicros").asLong());
        assertThat(answer.body()).doesNotContain("secret").contains("The scheduler does not answer");
        assertThat(get(gateway, "/console/api/requests").body()).contains("r-steps");
    }

    @Test
    void feedTellsOfTrafficAndOfThePartThatIsGone() {
        gateway.endpoint(0).always(Reply.chat("model"));
        gateway.chat();

        await("a frame that knows of the request").untilAsserted(() -> {
            Feed feed = gateway.context().getBean(Feed.class);
            Frame frame = feed.last();
            assertThat(frame).isNotNull();
            assertThat(frame.now().requests()).containsKey("natural");
            assertThat(frame.parts())
                    .anyMatch(part ->
                            part.name().equals("scheduler") && part.state().equals("gone"));
            assertThat(frame.serving().state()).isEqualTo("degraded");
        });
        try (RawClient client = gateway.connect()) {
            client.send("GET /console/api/feed HTTP/1.1\r\nhost: localhost\r\n\r\n");
            RawClient.Answer head = client.receiveHead();
            assertThat(head.header("content-type")).startsWith("text/event-stream");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void isOffUnlessItIsSwitchedOn() {
        try (GatewayFixture plain = new GatewayFixture(1)) {
            assertThat(get(plain, "/console").status()).isEqualTo(404);
            assertThat(get(plain, "/console/api/feed").status()).isEqualTo(404);
        }
    }

    @Test
    void loginByKeyGivesTheRoleThatTheSettingsName() {
        try (GatewayFixture guarded =
                new GatewayFixture(1, "gateway.console.enabled=true", "gateway.console.viewers=demo")) {
            assertThat(get(guarded, "/console").status()).isEqualTo(303);
            assertThat(get(guarded, "/console/api/history").status()).isEqualTo(401);
            assertThat(logIn(guarded, "wrong").header("location")).isEqualTo("/console/login?refused");

            RawClient.Answer login = logIn(guarded, KEY);
            String setCookie = login.header("set-cookie");

            assertThat(login.header("location")).isEqualTo("/console");
            assertThat(setCookie).containsIgnoringCase("; HttpOnly").contains("; SameSite=Strict", "; Path=/console");
            String cookie = "cookie: " + setCookie.substring(0, setCookie.indexOf(';'));
            assertThat(get(guarded, "/console/api/history", cookie).status()).isEqualTo(200);
            String token = "x-console-token: " + token(guarded, cookie);
            assertThat(post(guarded, "/console/api/endpoints/drain", DRAIN, cookie, token)
                            .body())
                    .contains("not_operator");
            assertThat(post(guarded, "/console/logout", "", cookie, token).status())
                    .isEqualTo(204);
            assertThat(get(guarded, "/console/api/history", cookie).status()).isEqualTo(401);
        }
    }

    private static RawClient.Answer logIn(GatewayFixture at, String key) {
        return post(at, "/console/login", "key=" + key, "content-type: application/x-www-form-urlencoded");
    }
}
