package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llmd.contracts.prefix.EndpointMatch;
import io.llmd.contracts.prefix.KvSources;
import io.llmd.contracts.prefix.PrefixMatches;
import io.llmd.contracts.prefix.TierBlocks;
import io.llmd.contracts.prefix.TopPrefix;
import io.llmd.contracts.prefix.TopPrefixes;
import io.llmd.kv.event.StorageTier;
import io.llmd.kv.index.IndexLane;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.llmd.kv.lane.GroupRule;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.server.RouterFunctions;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The HTTP door over an index that the test fills. */
class PrefixRoutesSliceTest {

    private static final KeyHasher HASHER = KeyHasher.of(KeyMode.XXH64, "");

    private final FilledPool pool = new FilledPool(HASHER);
    private int longest;
    private final PrefixMatcher matcher = new PrefixMatcher(
            pool, HASHER, 4, TierWeights.DEFAULT, (nanos, blocks, most) -> longest = most, System::nanoTime);
    private final ReactorHttpHandlerAdapter others = new ReactorHttpHandlerAdapter(
            RouterFunctions.toHttpHandler(new PrefixRoutes(pool, matcher, 4, "xxh64", 10_000).routes()));
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .route(routes -> new MatchRoute(matcher, 10_000).addTo(routes).route(any -> true, others))
            .bindNow();

    /** Of the JDK: with Netty's a test would have to read bodies that it does not look at. */
    private final WebTestClient client = WebTestClient.bindToServer(new JdkClientHttpConnector(
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()))
            .baseUrl("http://127.0.0.1:" + server.port())
            .build();

    @AfterEach
    void stop() {
        server.disposeNow();
    }

    /** Stores blocks of the prompt of tokens 1, 2, 3 and so on. */
    private IndexLane store(String endpoint, int rank, StorageTier tier, int from, int to, String @Nullable [] salt) {
        IndexLane lane = pool.index.addLane(endpoint, rank);
        store(lane, tier, from, to, salt);
        return lane;
    }

    private static void store(IndexLane lane, StorageTier tier, int from, int to, String @Nullable [] salt) {
        int[] tokens = IntStream.rangeClosed(1, to * 4).toArray();
        long[] keys = new long[to];
        long key = HASHER.root("m");
        for (int i = 0; i < to; i++) {
            key = HASHER.next(key, tokens, i * 4, 4, i == 0 ? salt : null);
            keys[i] = key;
        }
        lane.stored(tier, 0, from == 0 ? 0 : keys[from - 1], keys, keys, from, to - from);
    }

    private PrefixMatches ask(String json) {
        PrefixMatches answer = client.post()
                .uri("/v1/prefix-matches")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(json)
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(PrefixMatches.class)
                .returnResult()
                .getResponseBody();
        assertThat(answer).isNotNull();
        return answer;
    }

    @Test
    @Tag("kv-index-23")
    void blocksInASlowerTierCountLessAndTheBestComesFirst() {
        IndexLane tiered = store("a", 0, StorageTier.GPU, 0, 2, null);
        store(tiered, StorageTier.CPU, 2, 3, null);
        store("b", 1, StorageTier.GPU, 0, 3, null);
        tiered.coverage(true);

        PrefixMatches answer = ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8,9,10,11,12,13]}");

        assertThat(answer.blocks()).isEqualTo(3);
        assertThat(answer.endpoints()).hasSize(2);
        assertThat(answer.endpoints().get(0).endpoint()).isEqualTo("b");
        assertThat(answer.endpoints().get(0).rank()).isEqualTo(1);
        assertThat(answer.endpoints().get(0).score()).isEqualTo(3.0);
        assertThat(answer.endpoints().get(0).complete()).isFalse();
        assertThat(answer.endpoints().get(1).tiers()).isEqualTo(new TierBlocks(2, 1, 0, 0));
        assertThat(answer.endpoints().get(1).score()).isEqualTo(2.8);
        assertThat(answer.endpoints().get(1).complete()).isTrue();
        assertThat(longest).isEqualTo(3);
    }

    @Test
    @Tag("kv-index-22")
    void blocksThatAreLeftInTheHostsMemoryAloneCountLess() {
        IndexLane lane = store("a", 0, StorageTier.GPU, 0, 2, null);
        store(lane, StorageTier.CPU, 0, 2, null);
        long[] keys = new long[2];
        HASHER.chain(HASHER.root("m"), IntStream.rangeClosed(1, 8).toArray(), 0, 2, 4, keys, 0);
        lane.removed(StorageTier.GPU, 0, keys, 0, 2);

        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8]}").endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(2))
                .satisfies(match -> assertThat(match.tiers()).isEqualTo(new TierBlocks(0, 2, 0, 0)))
                .satisfies(match -> assertThat(match.score()).isEqualTo(1.6));
    }

    @Test
    void aLaneThatIsSilentCountsHalf() {
        IndexLane lane = store("a", 0, StorageTier.GPU, 0, 2, null);
        pool.trust.put(lane, 0.5);
        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8]}").endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.score()).isEqualTo(1.0))
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(2))
                .satisfies(match -> assertThat(match.trust()).isEqualTo(0.5));
    }

    /** Row 26, level 2: both numbers, and the score by what can be reused. */
    @Test
    void whatOtherGroupsLetBeReusedIsToldBesideWhatIsHeld() {
        IndexLane lane = store("a", 0, StorageTier.GPU, 0, 4, null);
        store("b", 0, StorageTier.GPU, 0, 3, null);
        long[] keys = new long[4];
        HASHER.chain(HASHER.root("m"), IntStream.rangeClosed(1, 16).toArray(), 0, 4, 4, keys, 0);
        lane.stored(StorageTier.GPU, GroupRule.last(1), 0, keys, keys, 1, 1);

        PrefixMatches answer = ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}");

        assertThat(answer.endpoints())
                .extracting(
                        EndpointMatch::endpoint,
                        EndpointMatch::blocks,
                        EndpointMatch::reusableBlocks,
                        EndpointMatch::reuse,
                        EndpointMatch::score)
                .containsExactly(tuple("b", 3, 3, "full", 3.0), tuple("a", 4, 2, "partial", 2.0));
        lane.removed(StorageTier.GPU, GroupRule.last(1), keys, 1, 1);
        assertThat(ask("{\"model\":\"m\",\"candidates\":[\"a\"],\"tokens\":[1,2,3,4]}")
                        .endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.reuse()).isEqualTo("miss"));
    }

    @Test
    void blocksOfSlowTiersCountFirstAmongThoseThatCanBeReused() {
        IndexLane lane = store("a", 0, StorageTier.STORAGE, 0, 2, null);
        store(lane, StorageTier.GPU, 2, 10, null);
        long[] keys = new long[10];
        int[] tokens = IntStream.rangeClosed(1, 40).toArray();
        HASHER.chain(HASHER.root("m"), tokens, 0, 10, 4, keys, 0);
        lane.stored(StorageTier.GPU, GroupRule.last(1), 0, keys, keys, 1, 1);

        PrefixMatches answer = ask("{\"model\":\"m\",\"tokens\":" + Arrays.toString(tokens) + "}");

        assertThat(answer.endpoints())
                .extracting(EndpointMatch::blocks, EndpointMatch::reusableBlocks, EndpointMatch::score)
                .containsExactly(tuple(10, 2, 1.0));
    }

    @Test
    void anEngineThatWasReplacedIsNotAnswered() {
        pool.replaced.add(store("a", 0, StorageTier.GPU, 0, 2, null));
        store("a", 0, StorageTier.GPU, 0, 1, null);
        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8]}").endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(1));
    }

    @Test
    @Tag("kv-index-44")
    void aSaltKeepsPromptsApart() {
        store("a", 0, StorageTier.GPU, 0, 2, new String[] {"tenant-a"});
        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8]}").endpoints())
                .isEmpty();
        assertThat(ask("{\"model\":\"m\",\"cacheSalt\":\"tenant-a\",\"tokens\":[1,2,3,4,5,6,7,8]}")
                        .endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.tokens()).isEqualTo(8));
        assertThat(ask("{\"keys\":[\"2dac0b5cee204b47\",\"ce0092f0bdbdbe71\"]}").endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(2));
    }

    @Test
    void promptsWithoutAFullBlockMatchNobody() {
        store("a", 0, StorageTier.GPU, 0, 2, null);
        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3]}")).isEqualTo(new PrefixMatches(4, 0, List.of()));
        assertThat(ask("{\"model\":\"m\",\"tokens\":[]}")).isEqualTo(new PrefixMatches(4, 0, List.of()));
    }

    @Test
    void onlyCandidatesAreAnswered() {
        store("a", 0, StorageTier.GPU, 0, 2, null);
        store("b", 0, StorageTier.GPU, 0, 1, null);
        assertThat(ask("{\"model\":\"m\",\"candidates\":[\"b\",\"c\"],\"tokens\":[1,2,3,4,5,6,7,8]}")
                        .endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.endpoint()).isEqualTo("b"));
        assertThat(longest).isEqualTo(1);
    }

    @Test
    void aQueryAfterALargerOneSeesNothingOfIt() {
        store("a", 0, StorageTier.GPU, 0, 2, null);
        ask("{\"model\":\"m\",\"candidates\":[\"c\"],\"cacheSalt\":\"s\",\"tokens\":[" + "1,".repeat(2_000) + "1]}");
        assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8]}").endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(2));
    }

    @Test
    void aProcessWithoutAnIndexSaysSo() {
        pool.hasIndex = false;
        client.post()
                .uri("/v1/prefix-matches")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"keys\":[]}")
                .exchange()
                .expectStatus()
                .isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.code")
                .isEqualTo("no_endpoints");
        client.get().uri("/v1/stats").exchange().expectStatus().isOk();
    }

    /** As schedulers ask: keys alone, without model and salt. */
    @Test
    void keysNeedNothingElse() {
        store("a", 0, StorageTier.GPU, 0, 2, null);
        long[] keys = new long[2];
        HASHER.chain(HASHER.root("m"), IntStream.rangeClosed(1, 8).toArray(), 0, 2, 4, keys, 0);
        ByteBuffer body = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        body.asLongBuffer().put(keys);

        PrefixMatches answer = client.post()
                .uri("/v1/prefix-matches?unit=keys")
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .bodyValue(body.array())
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(PrefixMatches.class)
                .returnResult()
                .getResponseBody();

        assertThat(answer).isNotNull();
        assertThat(answer.endpoints())
                .singleElement()
                .satisfies(match -> assertThat(match.blocks()).isEqualTo(2));
    }

    @Test
    void bytesTellTheRestInTheQueryOfTheAddress() {
        store("a/1", 0, StorageTier.GPU, 0, 2, new String[] {"salt & co"});
        store("b", 0, StorageTier.GPU, 0, 2, new String[] {"salt & co"});
        ByteBuffer tokens = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.rangeClosed(1, 8).forEach(tokens::putInt);

        PrefixMatches answer = client.post()
                .uri(URI.create("http://127.0.0.1:" + server.port()
                        + "/v1/prefix-matches?model=m&cacheSalt=salt+%26%20co&candidate=a%2F1&candidate=c"))
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .bodyValue(tokens.array())
                .exchange()
                .expectStatus()
                .isOk()
                .expectHeader()
                .contentType(MediaType.APPLICATION_JSON)
                .expectBody(PrefixMatches.class)
                .returnResult()
                .getResponseBody();

        assertThat(answer).isNotNull();
        assertThat(answer.blocks()).isEqualTo(2);
        assertThat(answer.endpoints())
                .extracting(EndpointMatch::endpoint, EndpointMatch::blocks)
                .containsExactly(tuple("a/1", 2));
    }

    @Test
    void whatCannotBeReadIsRefusedAndTheConnectionGoesOn() {
        for (int i = 0; i < 2; i++) {
            refused("text/plain", new byte[9_000], HttpStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
            refused("application/json", new byte[10_001], HttpStatus.CONTENT_TOO_LARGE, "payload_too_large");
            refused("application/octet-stream", new byte[1_000_000], HttpStatus.CONTENT_TOO_LARGE, "payload_too_large");
            refused("application/json; charset=utf-8", new byte[1], HttpStatus.BAD_REQUEST, "invalid_json");
            assertThat(ask("{\"model\":\"m\",\"tokens\":[1,2,3,4]}").blocks()).isEqualTo(1);
        }
        client.post()
                .uri("/v1/prefix-matches?unit=pages")
                .contentType(MediaType.APPLICATION_OCTET_STREAM)
                .bodyValue(new byte[8])
                .exchange()
                .expectStatus()
                .isBadRequest();
        client.get().uri("/v1/prefix-matches").exchange().expectStatus().isEqualTo(HttpStatus.METHOD_NOT_ALLOWED);
        client.post().uri("/v1/prefix-match").exchange().expectStatus().isNotFound();
    }

    private void refused(String type, byte[] body, HttpStatus status, String code) {
        client.post()
                .uri("/v1/prefix-matches?model=m")
                .header("content-type", type)
                .bodyValue(body)
                .exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectBody()
                .jsonPath("$.code")
                .isEqualTo(code);
    }

    @Test
    void sourcesAreListedAndEndpointsCleared() {
        assertThat(client.get()
                        .uri("/v1/sources")
                        .exchange()
                        .expectBody(KvSources.class)
                        .returnResult()
                        .getResponseBody())
                .isEqualTo(new KvSources(pool.sources()));
        client.post()
                .uri("/v1/clear?endpoint=a")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody()
                .json("{\"cleared\":2}");
        client.post().uri("/v1/clear?endpoint=b").exchange().expectStatus().isNotFound();
        client.get().uri("/v1/clear").exchange().expectStatus().isEqualTo(HttpStatus.METHOD_NOT_ALLOWED);
    }

    @Test
    void whatIsAskedForAgainAndAgainIsListedWithWhoHoldsIt() {
        store("b", 0, StorageTier.GPU, 0, 3, null);
        store("a", 1, StorageTier.CPU, 0, 2, null);
        store("a", 0, StorageTier.GPU, 0, 1, null);
        pool.replaced.add(store("c", 0, StorageTier.GPU, 0, 2, null));
        for (int i = 0; i < 3; i++) {
            ask("{\"model\":\"m\",\"tokens\":[1,2,3,4,5,6,7,8,9,10,11,12,13]}");
        }
        ask("{\"model\":\"m\",\"tokens\":[9,9,9,9]}");

        TopPrefixes top = client.get()
                .uri("/v1/top-prefixes?limit=5")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(TopPrefixes.class)
                .returnResult()
                .getResponseBody();

        assertThat(top)
                .isEqualTo(
                        new TopPrefixes(4, List.of(new TopPrefix("906da2cfdbcd5134", 2, 8, 3, 0, List.of("a", "b")))));
    }

    @Test
    void aLimitThatIsNoneIsRefused() {
        for (String limit : List.of("0", "-1", "1001", "many", "99999999999")) {
            client.get()
                    .uri("/v1/top-prefixes?limit=" + limit)
                    .exchange()
                    .expectStatus()
                    .isBadRequest()
                    .expectBody()
                    .jsonPath("$.code")
                    .isEqualTo("invalid_value");
        }
        pool.hasIndex = false;
        client.get().uri("/v1/top-prefixes").exchange().expectStatus().isEqualTo(HttpStatus.SERVICE_UNAVAILABLE);
    }

    @Test
    void aPoolOverKafkaHasItsSnapshotsThere() {
        client.get().uri("/v1/snapshot").exchange().expectStatus().isBadRequest();
        client.post()
                .uri("/v1/snapshot")
                .bodyValue("x")
                .exchange()
                .expectStatus()
                .isBadRequest();
        client.delete().uri("/v1/snapshot").exchange().expectStatus().isEqualTo(HttpStatus.METHOD_NOT_ALLOWED);
    }
}
