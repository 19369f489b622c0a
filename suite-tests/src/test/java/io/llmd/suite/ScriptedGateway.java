package io.llmd.suite;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpBody;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A gateway that does for a request what Envoy does: asks the scheduler of the request's pool over ext_proc, sends the
 * request where that says, and passes the answer by the scheduler with the name of who served. Rules are tried in order.
 * Calls wait for their answer; safe from any thread.
 */
final class ScriptedGateway {

    private static final String DESTINATION = "x-gateway-destination-endpoint";

    /** @param weight share of the requests of a rule that go to this pool */
    record Pool(Channel scheduler, int weight) {}

    /** Paths that begin so go to one of these pools, by weight. */
    record Rule(String prefix, List<Pool> pools) {
        Rule {
            pools = List.copyOf(pools);
        }
    }

    /**
     * What a client gets. Names of headers are in lower case.
     *
     * @param drawn the scheduler of the pool that the rule's weights chose; null when no rule was met
     */
    record Answer(
            int status,
            Map<String, String> headers,
            String body,
            @Nullable Channel drawn) {
        Answer {
            headers = Map.copyOf(headers);
        }

        Answer(int status, Map<String, String> headers, String body) {
            this(status, headers, body, null);
        }

        private Answer of(Channel scheduler) {
            return new Answer(status, headers, body, scheduler);
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }

        /** The simulated pod that served, and its port. */
        String pod() {
            return header("x-inference-pod") + ":" + header("x-inference-port");
        }
    }

    private final List<Rule> rules;
    private final RandomGenerator random;
    private final HttpClient http;

    /** @param version what pods are spoken to in; HTTP/2 by way of an upgrade */
    ScriptedGateway(List<Rule> rules, RandomGenerator random, HttpClient.Version version) {
        this.rules = List.copyOf(rules);
        this.random = random;
        this.http = HttpClient.newBuilder().version(version).build();
    }

    /** A gateway with one pool behind all paths. */
    static ScriptedGateway to(Channel scheduler) {
        return new ScriptedGateway(
                List.of(new Rule("/", List.of(new Pool(scheduler, 1)))),
                RandomGenerator.getDefault(),
                HttpClient.Version.HTTP_1_1);
    }

    /** Sends a request; a GET when {@code body} is null. Headers are name, value, name, value. */
    Answer send(String path, @Nullable String body, String... headers) {
        for (Rule rule : rules) {
            if (path.startsWith(rule.prefix())) {
                Channel drawn = scheduler(rule.pools());
                return new Exchange(drawn).run(path, body, headers).of(drawn);
            }
        }
        return new Answer(404, Map.of(), "");
    }

    private synchronized Channel scheduler(List<Pool> pools) {
        int drawn = random.nextInt(pools.stream().mapToInt(Pool::weight).sum());
        for (Pool pool : pools) {
            drawn -= pool.weight();
            if (drawn < 0) {
                return pool.scheduler();
            }
        }
        throw new IllegalStateException("no weight");
    }

    /** One request and its stream. */
    private final class Exchange implements StreamObserver<ProcessingResponse> {

        private final BlockingQueue<Object> said = new LinkedBlockingQueue<>();
        private final StreamObserver<ProcessingRequest> stream;

        Exchange(Channel scheduler) {
            stream = ExternalProcessorGrpc.newStub(scheduler).process(this);
        }

        @Override
        public void onNext(ProcessingResponse response) {
            said.add(response);
        }

        @Override
        public void onError(Throwable failure) {
            said.add(failure);
        }

        @Override
        public void onCompleted() {
            said.add("the scheduler has ended the stream");
        }

        Answer run(String path, @Nullable String body, String... headers) {
            Map<String, String> sent = new LinkedHashMap<>();
            sent.put(":method", body == null ? "GET" : "POST");
            sent.put(":path", path);
            sent.put("content-type", "application/json");
            for (int i = 0; i < headers.length; i += 2) {
                sent.put(headers[i], headers[i + 1]);
            }
            try {
                stream.onNext(ProcessingRequest.newBuilder()
                        .setRequestHeaders(HttpHeaders.newBuilder()
                                .setHeaders(headers(sent))
                                .setEndOfStream(body == null))
                        .build());
                if (body != null) {
                    stream.onNext(ProcessingRequest.newBuilder()
                            .setRequestBody(body(ByteString.copyFromUtf8(body)))
                            .build());
                }
                ProcessingResponse first = next();
                if (first.hasImmediateResponse()) {
                    return refused(first.getImmediateResponse());
                }
                HeaderMutation changes = first.getRequestHeaders().getResponse().getHeaderMutation();
                sent.keySet().removeAll(changes.getRemoveHeadersList());
                sent.putAll(set(changes));
                StringBuilder forwarded = new StringBuilder();
                while (body != null && forwarded.length() < body.length()) {
                    forwarded.append(next().getRequestBody()
                            .getResponse()
                            .getBodyMutation()
                            .getStreamedResponse()
                            .getBody()
                            .toStringUtf8());
                }
                return answered(sent, path, body == null ? null : forwarded.toString());
            } catch (Failed e) {
                return new Answer(500, Map.of(), String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        private Answer answered(Map<String, String> sent, String path, @Nullable String body)
                throws InterruptedException, Failed {
            String destination = String.valueOf(sent.get(DESTINATION)).split(",", 2)[0];
            BodyPublisher publisher = body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + destination + path))
                    .header("content-type", "application/json")
                    .method(String.valueOf(sent.get(":method")), publisher)
                    .build();
            HttpResponse<String> response;
            try {
                response = http.send(request, HttpResponse.BodyHandlers.ofString());
            } catch (IOException e) {
                stream.onCompleted();
                return new Answer(503, Map.of(), String.valueOf(e.getMessage()));
            }
            Map<String, String> received = new TreeMap<>();
            received.put(":status", Integer.toString(response.statusCode()));
            response.headers().map().forEach((name, values) -> received.put(name, values.getFirst()));
            stream.onNext(ProcessingRequest.newBuilder()
                    .setResponseHeaders(HttpHeaders.newBuilder().setHeaders(headers(received)))
                    .setMetadataContext(served(destination))
                    .build());
            received.putAll(set(next().getResponseHeaders().getResponse().getHeaderMutation()));
            stream.onNext(ProcessingRequest.newBuilder()
                    .setResponseBody(body(ByteString.copyFromUtf8(response.body())))
                    .build());
            String passed = next().getResponseBody()
                    .getResponse()
                    .getBodyMutation()
                    .getStreamedResponse()
                    .getBody()
                    .toStringUtf8();
            stream.onCompleted();
            return new Answer(response.statusCode(), received, passed);
        }

        private ProcessingResponse next() throws InterruptedException, Failed {
            Object next = said.poll(20, TimeUnit.SECONDS);
            if (next instanceof ProcessingResponse response) {
                return response;
            }
            throw new Failed(String.valueOf(next));
        }
    }

    /** The scheduler did not answer. */
    private static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    private static HttpBody.Builder body(ByteString bytes) {
        return HttpBody.newBuilder().setBody(bytes).setEndOfStream(true);
    }

    private static Answer refused(ImmediateResponse refusal) {
        return new Answer(
                refusal.getStatus().getCodeValue(),
                set(refusal.getHeaders()),
                refusal.getBody().toStringUtf8());
    }

    private static Metadata served(String destination) {
        return Metadata.newBuilder()
                .putFilterMetadata(
                        "envoy.lb",
                        Struct.newBuilder()
                                .putFields(
                                        "x-gateway-destination-endpoint-served",
                                        Value.newBuilder()
                                                .setStringValue(destination)
                                                .build())
                                .build())
                .build();
    }

    private static HeaderMap headers(Map<String, String> headers) {
        HeaderMap.Builder map = HeaderMap.newBuilder();
        headers.forEach((name, value) ->
                map.addHeaders(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value))));
        return map.build();
    }

    private static Map<String, String> set(HeaderMutation changes) {
        Map<String, String> set = new LinkedHashMap<>();
        for (HeaderValueOption option : changes.getSetHeadersList()) {
            set.put(
                    option.getHeader().getKey(),
                    option.getHeader().getRawValue().toStringUtf8());
        }
        return set;
    }
}
