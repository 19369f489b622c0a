package io.llmd.suite;

import static io.llmd.suite.SpecRows.rows;

import io.llmd.suite.SpecRows.Area;
import io.llmd.suite.SpecRows.Tagged;
import java.util.List;
import java.util.Map;

/**
 * The rows of the specification's catalogues of faults and of bad inputs, and their page, {@code docs/reliability.md}.
 * The page's beginning is written by hand and stays; what follows {@link #MARK} is made from the tags by {@link SpecRows}.
 */
final class ReliabilityRows {

    static final String PAGE = "docs/reliability.md";

    /** The line of the page that ends what is written by hand. */
    static final String MARK = "<!-- The rest is made from the tags of tests: see docs/test-rows.md. -->";

    /** A row counts as shown when its tests show all of it; of others the reason says what is shown and what is not. */
    static final List<Area> AREAS = List.of(
            new Area("fault", "Faults", rows("F", 1, 68))
                    .without(
                            "not shown as a whole: that a slow endpoint is found out by its answers is"
                                    + " (`TimeCostProducerTest.aSlowEndpointIsFoundOutByItsAnswers`), the recovery of the"
                                    + " 99th percentile is not",
                            "F10")
                    .without(
                            "not shown: ten thousand clients that leave at random points leave nothing behind"
                                    + " (`DisconnectIT.tenThousandRequestsWithRandomDisconnectsLeaveAllCountersAtZero`); five"
                                    + " thousand within a second, and the latency of the others, are not measured",
                            "F23")
                    .without(
                            "not shown as a whole: one error event for each of 30 streams and empty books are"
                                    + " (`EndpointFailureIT.streamsUnderWayGetOneErrorEventAndLaterRequestsAreServedElsewhere`), and"
                                    + " that an index forgets a lane that goes"
                                    + " (`BlockIndexTest.row38ARemovedLaneIsNeverReturnedAndItsMemoryComesBack`); the bound of a"
                                    + " second for a hundred is not",
                            "F26")
                    .without(
                            "differs: a request that waited in a scheduler that was killed is placed by the gateway itself, without"
                                    + " asking another replica; that requests go on is shown"
                                    + " (`HttpSchedulerClientIT.unreachableSchedulerIsReplacedByOwnPicksForAMinute`)",
                            "F31")
                    .without(
                            "differs: a decision for an endpoint that the gateway does not know is followed, for its list is up to a"
                                    + " second old and the scheduler is trusted; answers that make no sense have no test",
                            "F32")
                    .without(
                            "differs: a slow decision is waited for as long as the queue allows; a scheduler counts as lost when"
                                    + " three lists of endpoints did not come"
                                    + " (`HttpSchedulerClientIT.schedulerThatIsSilentIsReplacedForQuestionsThatWaitAndForNewOnes`)",
                            "F33")
                    .without(
                            "not shown: schedulers that all decide share their loads (`ReplicasIT`); a gateway follows the"
                                    + " evictions of one of them, and an eviction of a lease that is not its own is ignored"
                                    + " (`EvictionIT.beforeTheFirstByteItIs429WithTheReasonAndTheEndpointIsAborted`), but two"
                                    + " schedulers that started within one second may give equal numbers to leases",
                            "F34")
                    .without(
                            "differs: the replay is asked for and the state is told"
                                    + " (`ZmqSourcesIT.lostBatchesAreAskedForInEitherShape`), scores are not halved meanwhile",
                            "F37")
                    .without(
                            "not shown as a whole: a lost connection is dialled again after a wait that doubles and is half random"
                                    + " (`ZmqSourcesIT.unknownHostAndClosedPortAreDialledAgain`) and taken up where it stopped"
                                    + " (`ZmqSourcesIT.connectionThatBreaksIsTakenUpWhereItStopped`); an hour of that, with flat"
                                    + " memory, was not run",
                            "F40")
                    .without(
                            "not shown as a whole: a broker that goes away loses no change"
                                    + " (`KvLogIT.aBrokerThatGoesAwayDelaysChangesAndLosesNone`) and services wait for one at their"
                                    + " start (`KvLogIT.aReplicaThatStartsBeforeItsTopicsExistWaitsForThem`); an index service is"
                                    + " not ready before it has read its lanes",
                            "F41")
                    .without(
                            "differs: old records are applied like others, since a block that an engine stored a minute ago is as"
                                    + " likely to be there as before; what is not heard of for 5 and 30 s counts half and nothing"
                                    + " (`FollowedLanesTest.silenceHalvesAMatchAndThenMakesItWorthless`)",
                            "F42")
                    .without(
                            "not shown as a whole: lanes move between owners without loss"
                                    + " (`KvLogIT.lanesMoveBetweenOwnersAndTheOldOnesAreFenced`), the bound of ten seconds is not"
                                    + " checked",
                            "F43")
                    .without(
                            "differs: what cannot be read goes to the dead letters at once, since reading it again changes nothing"
                                    + " (`KvLogIT.aRecordThatNobodyCanReadGoesToTheDeadLettersWithoutItsContent`)",
                            "F44")
                    .without(
                            "not built: services read the config server when they start and not again; files that the scheduler"
                                    + " watches keep their last good version"
                                    + " (`SchedulingConfigWatcherTest.aFileWithErrorsKeepsThePlanUntilItIsCorrected`)",
                            "F48",
                            "F49")
                    .without(
                            "differs: streams that outlast the drain end with an error event"
                                    + " (`NeighboursIT.endOfTheDrainTimeEndsStreamsWithAnErrorEvent`), which has no place for a"
                                    + " hint about retries; the process ends as JVMs do at SIGTERM, with 143",
                            "F51")
                    .without(
                            "differs: waiting requests are placed elsewhere"
                                    + " (`HttpSchedulerClientIT.schedulerThatGoesDownIsAskedAgainOverAnotherConnection`,"
                                    + " `FlowControlIT.waitingRequestsGoOnWithoutTheSchedulerThatStopsUnlessTheGatewayStopsWithIt`);"
                                    + " ext_proc streams whose answer outlasts the drain are cut",
                            "F52")
                    .without(
                            "not shown as a whole: `./llmd bench soak` kills and restarts a scheduler and endpoints under load, and"
                                    + " each request has its outcome; all services in any order were not restarted, and a"
                                    + " gateway that is killed takes its streams with it",
                            "F53",
                            "F54")
                    .without(
                            "differs: there is no store of limits that could be lost; of several gateways each keeps to its"
                                    + " part (`QuotasTest.gatewaysThatShareClientsKeepToTheirPart`)",
                            "F66")
                    .without(
                            "differs: short of heap the gateway refuses large bodies first, then all new requests, with 429"
                                    + " (`LimitsIT.shortOfMemoryLargeBodiesAreRefusedFirst`, `MemoryPressureTest`); no test fills"
                                    + " the memory of a process",
                            "F57")
                    .without(
                            "differs: memory for direct buffers counts as the heap does (`MemoryPressureTest.directBuffersCount`),"
                                    + " with the same refusals, 429 (F57); no test fills it",
                            "F58"),
            new Area("bad-input", "Bad inputs", rows("B", 1, 105))
                    .without(
                            "not shown as a whole: TLS at the plain port is hung up on (`HttpRulesIT.tlsOnThePlainPortIsClosed`);"
                                    + " a port with TLS and what is logged have no test",
                            "B16")
                    .without("not built: HTTP/2 is not served to clients", "B17")
                    .without(
                            "not built: the gateway asks endpoints for no usage that the client did not ask for", "B56")
                    .without(
                            "not shown: no tokenizer runs in the gateway, the prompt is measured by its length on the event loop;"
                                    + " the time for 8 MiB is not asserted",
                            "B58")
                    .without("not built: no route takes multipart bodies; `/v1/audio/...` is 404", "B69", "B70", "B71")
                    .without(
                            "differs: random bytes end their stream with an error (`ExtProcIT.refusesGarbage`); a field of the wrong"
                                    + " wire type is an unknown field for the protocol's library and is ignored",
                            "B85")
                    .without(
                            "not shown as a whole: unusable pools leave the previous version"
                                    + " (`KubernetesDiscoveryTest.aPoolThatCannotBeUsedLeavesItsPreviousVersion`), objectives"
                                    + " without a pool are left out, weights of zero are alike and large ones do not overflow"
                                    + " (`RewriteRuleTest`); the pool's status does not tell of it",
                            "B99")
                    .without(
                            "differs: such entries are ignored (`KubernetesDiscoveryTest.activePortsServe`) and not counted",
                            "B100")
                    .without(
                            "not shown as a whole: unknown ids are 404 (`SchedulerIT.aDecisionCanBeAskedForUntilItsEndAndAfter`);"
                                    + " the routes are those of operators and know no tenants",
                            "B105"));

    /** What each row is about, and the headings above them. */
    private static final String TEXTS = """
            # Endpoints before the first byte
            F1 refuses connections
            F2 never establishes connections
            F3 accepts, then resets
            F4 accepts and never answers, while others do
            F5 the same, and there is no other
            F6 answers 503 with `retry-after: 7`
            F7 answers 500 to everything
            F8 has a wrong or expired TLS certificate
            F9 one of eight fails 30 % of its requests
            F10 is ten times slower, without errors
            F11 closes a pooled connection while it is idle
            F12 sends a head of more than 64 KiB
            F13 its pod is deleted while 20 requests wait for its first byte
            # Endpoints after the first byte
            F14 resets the connection in the middle of a stream
            F15 closes properly without the end marker
            F16 stalls for longer than the gap allowed
            F17 drips byte by byte
            F18 sends garbage between events
            F19 announces more than it sends
            F20 announces less than it sends
            F21 the client leaves in the middle of a stream
            F22 the client leaves while an answer that is no stream is made, on each route
            F23 five thousand clients leave within a second
            F24 a stream of a million events
            F25 answers JSON to a request for a stream
            F26 is killed with a hundred streams
            F27 ends each network chunk inside of a character
            F28 sends an error event itself
            F29 the client stops reading
            F30 a prefill endpoint dies after it accepted
            # Services and what they depend on
            F31 the scheduler is killed
            F32 the scheduler answers garbage, or names an unknown endpoint
            F33 the scheduler is slow
            F34 both schedulers lead
            F35 the index service is down
            F36 the index service answers with old data
            F37 a gap of 100 batches in a KV event stream
            F38 a gap beyond the publisher's memory
            F39 a publisher begins again at zero
            F40 a KV event connection flaps every second
            F41 Kafka cannot be reached, at the start or later
            F42 a consumer lags by a million records
            F43 Kafka rebalances while records are processed
            F44 a record that nobody can read
            F45 the Kubernetes API cannot be reached for ten minutes
            F46 a watch expires, loses, repeats or reorders
            F47 the wall clock jumps by an hour
            F48 the config server is down at a reload
            F49 the config server delivers an invalid file
            F50 SIGTERM to a gateway under 200 streams
            F51 SIGTERM, and streams are longer than the drain
            F52 SIGTERM to a scheduler
            F53 rolling restart of all services in any order
            F54 each service is killed in turn
            F55 one of two gateways is cut off from the scheduler
            F56 a queue is full
            F57 heap above 85 % and 92 %
            F58 direct memory at its limit
            F59 an event loop is blocked
            F60 a plugin throws, answers no number, or does not return
            F61 autoscaler: all metrics are missing
            F62 autoscaler: metrics of deleted pods are still there
            F63 autoscaler: the target flips with each cycle
            F64 a request arrives while there are no replicas
            F65 the orchestrator refuses to scale
            F66 the store of one replica's rate limits is lost
            F67 the telemetry collector stalls
            F68 the log's disk or console is blocked
            # HTTP
            B1 both `content-length` and `transfer-encoding`
            B2 two lengths, different or equal
            B3 unknown, listed, tabbed or folded transfer codings
            B4 chunks with bare LF, hostile extensions, negative or endless sizes
            B5 space before a colon, NUL or CR in a value
            B6 folded headers
            B7 no host, or two
            B8 101 headers, or 17 KiB of them
            B9 a request line of 9 KiB
            B10 unknown methods, TRACE, GET on chat
            B11 foreign, doubled, dotted, encoded paths
            B12 invalid escapes, or no UTF-8, in a path
            B13 a query of 100 parameters
            B14 two pipelined requests
            B15 upgrade to h2c or websocket
            B16 TLS at the plain port, and the reverse
            B17 HTTP/2: too many streams, resets, empty frames, endless headers
            B18 header names with underscores
            # Headers
            B19 headers that only the suite may set
            B20 `connection: authorization`
            B21 two `authorization` headers
            B22 no bearer, an empty, huge or non-ASCII one
            B23 request ids that are long, broken, not ASCII or empty
            B24 malformed traces, huge state, much baggage
            B25 objectives that are no number of milliseconds
            B26 other content types, and none
            B27 `accept` that contradicts the body
            B28 calls from pages of other sites
            # JSON
            B29 empty, or no object
            B30 cut, or no strict JSON
            B31 byte-order mark, UTF-16, UTF-32
            B32 invalid UTF-8
            B33 escape of a lone surrogate
            B34 129 levels, and 100,000
            B35 endless numbers
            B36 huge names, a million members
            B37 interpreted members given twice
            B38 unknown members, deep schemas
            B39 bodies around the limit
            B40 1 GiB announced, nothing sent
            B41 100 bytes announced, some sent, then silence
            B42 odd numbers and spacing
            B43 `__proto__`, `@type`, `@class`, `$type`
            # Meaning
            B44 `model` missing or malformed
            B45 an unknown model, or one of another tenant
            B46 malformed messages
            B47 an assistant's message without content, with tool calls
            B48 too many messages, tools, stop strings, biases
            B49 `max_tokens` that cannot be
            B50 two bounds of output
            B51 `n`, `best_of` out of range
            B52 `logprobs` out of range
            B53 sampling parameters out of range
            B54 `stream` that is no boolean
            B55 `stream_options` without a stream
            B56 `include_usage: false` while usage is needed
            B57 a prompt of four million tokens
            B58 one character, 8 MiB long
            B59 lists of prompts that mix or are out of range
            B60 too many, or empty, inputs of embeddings
            B61 huge expressions, deep and recursive schemas
            B62 media at internal addresses
            B63 huge or broken data URIs
            B64 `cache_salt` of the client
            B65 `priority` in the body
            B66 too large `user`, `metadata`
            B67 ids with path traversal
            B68 generated text that looks like the end of the stream
            # Multipart
            B69 no, long or unended boundary
            B70 too many parts, large part headers, hostile names
            B71 large file, order of fields, large model field
            # Answers of endpoints
            B72 usage of any shape
            B73 `choices` missing or null, unknown finish reasons
            B74 an event of 2 MiB, 10,000 comments, no blank line at the end
            B75 events that are no JSON, or no UTF-8
            B76 broken or huge headers, strange status
            B77 missing or wrong content type of a stream
            B78 a compressed body that nobody asked for
            # ext_proc and gRPC
            B79 phases in any order, and silence
            B80 a second end of the body
            B81 headers without name, with two values, not UTF-8
            B82 a message of 5 MiB, a body of 65 MiB
            B83 hints of the wrong type, too deep, too many
            B84 hints without port, with impossible ports, empty
            B85 bytes that are no message, unknown fields, wrong wire types
            B86 ten thousand streams left open
            # KV events, Kafka, metrics
            B87 ZMQ messages of the wrong number of frames or lengths
            B88 msgpack that claims too much, nests too deep or is cut
            B89 odd hashes, parents, block sizes and ranks
            B90 removals of unknown blocks, repeated stores, clears in between
            B91 timestamps that are no number, in the future, or 1970
            B92 Kafka records without value, too large, foreign, of another version
            B93 metrics that are no number, missing, HTML, endless, empty
            B94 labels with quotes and line breaks, and of 10 KiB
            # Configuration, objects, management
            B95 YAML with unknown, doubled, mistyped, tagged content, and 2 MiB of it
            B96 weights, durations, sizes, ports that cannot be
            B97 addresses that are given twice, or are none
            B98 an endpoints file that becomes empty, a folder, a broken link
            B99 pools, objectives and rewrites that cannot be
            B100 malformed annotation of active ports
            B101 management endpoints that are not to be there
            B102 POST to health, path tricks below it
            B103 config server: traversal, encryption and monitor endpoints
            B104 console: foreign origin, write without token
            B105 explanations of unknown ids, or of other tenants
            """;

    private ReliabilityRows() {}

    /**
     * The page anew.
     *
     * @param page as it is; its beginning is kept
     * @throws IllegalArgumentException if the page lacks its mark
     */
    static String page(String page, List<Tagged> tags) {
        int mark = page.indexOf(MARK);
        if (mark < 0) {
            throw new IllegalArgumentException(PAGE + ": no mark (expected: the line " + MARK + ")");
        }
        Map<String, List<Tagged>> byTag = SpecRows.byTag(tags);
        StringBuilder text =
                new StringBuilder(page.substring(0, mark)).append(MARK).append('\n');
        String area = "";
        for (String line : TEXTS.lines().toList()) {
            String row = line.substring(0, line.indexOf(' '));
            String what = line.substring(row.length() + 1);
            if (row.equals("#")) {
                text.append("\n### ").append(what).append("\n\n| row | what | shown by |\n| --- | --- | --- |\n");
                continue;
            }
            Area of = area(row);
            if (!of.title().equals(area)) {
                area = of.title();
                int heading = text.lastIndexOf("\n### ");
                text.insert(heading, summary(of, byTag));
            }
            text.append("| ").append(row).append(" | ").append(what).append(" | ");
            text.append(SpecRows.proof(of, row, byTag, "")).append(" |\n");
        }
        return text.toString();
    }

    private static Area area(String row) {
        return AREAS.stream()
                .filter(area -> area.rows().contains(row))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(row + ": a row of no area"));
    }

    private static String summary(Area area, Map<String, List<Tagged>> byTag) {
        long shown = area.rows().stream()
                .filter(row -> byTag.containsKey(area.name() + "-" + row))
                .count();
        return "\n## %s\n\nTests show %d of %d rows. Tags `%s-`*row*.\n"
                .formatted(area.title(), shown, area.rows().size(), area.name());
    }
}
