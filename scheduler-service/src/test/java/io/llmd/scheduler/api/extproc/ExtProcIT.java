package io.llmd.scheduler.api.extproc;

import static io.llmd.scheduler.api.extproc.Proxy.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.llmd.scheduler.SchedulerApplication;
import io.llmd.scheduler.datalayer.FakeMetricsPage;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;

/** The door for proxies over TLS, and the pipeline behind it. */
class ExtProcIT {

    @TempDir
    static Path folder;

    private static FakeMetricsPage page;
    private static ConfigurableApplicationContext context;
    private static ManagedChannel proxies;
    private static ManagedChannel probes;

    @BeforeAll
    static void start() throws IOException {
        page = new FakeMetricsPage();
        Path endpoints = Files.writeString(
                folder.resolve("endpoints.yaml"),
                "endpoints:\n  - {name: sim-0, address: 127.0.0.1, port: %d}\n".formatted(page.port()));
        context = SchedulerApplication.application()
                .run(
                        "--server.port=0",
                        "--management.server.port=0",
                        "--spring.cloud.config.enabled=false",
                        "--spring.config.import=",
                        "--scheduler.discovery.file=" + endpoints,
                        "--scheduler.discovery.allow-loopback=true",
                        "--scheduler.ext-proc.enabled=true",
                        "--scheduler.ext-proc.address=127.0.0.1",
                        "--scheduler.ext-proc.port=0",
                        "--scheduler.ext-proc.health-port=0");
        ExtProcServer server = context.getBean(ExtProcServer.class);
        proxies = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .build())
                .build();
        probes = ManagedChannelBuilder.forAddress("127.0.0.1", server.healthPort())
                .usePlaintext()
                .build();
    }

    @AfterAll
    static void stop() throws IOException {
        proxies.shutdownNow();
        probes.shutdownNow();
        context.close();
        page.close();
    }

    @Test
    void aRequestIsPlacedAndItsAnswerFollowed() {
        Proxy proxy = Proxy.open(proxies).post("/v1/completions").body("{\"model\":\"m\",\"prompt\":\"Hello\"}", true);
        await().until(() -> proxy.waiting() == 2);
        ProcessingResponse head = proxy.answers().getFirst();
        assertThat(set(head.getRequestHeaders().getResponse().getHeaderMutation()))
                .containsEntry("x-gateway-destination-endpoint", "127.0.0.1:" + page.port());
        proxy.answerHead(200, "application/json", false)
                .answerBody("{\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1}}", true);
        await().until(() -> proxy.waiting() == 2);
        proxy.halfClose();
        await().until(proxy::isCompleted);
        await().until(() -> context.getBean(ExternalProcessor.class).open() == 0);
    }

    @Test
    @DisplayName("P6, P8, P11: no JSON, no body, nobody of the hint")
    void placesAndRefuses() {
        Proxy malformed = Proxy.open(proxies).post("/v1/completions").body("{\"model\"", true);
        await().until(() -> malformed.waiting() == 1);
        assertThat(malformed
                        .answers()
                        .getFirst()
                        .getImmediateResponse()
                        .getStatus()
                        .getCodeValue())
                .isEqualTo(400);

        Proxy bodiless = Proxy.open(proxies)
                .send(Proxy.requestHead(true, Proxy.headers(":method", "GET", ":path", "/v1/chat/completions")));
        await().until(() -> bodiless.waiting() == 1);
        assertThat(bodiless.answers().getFirst().hasRequestHeaders()).isTrue();
        bodiless.cancel();

        Proxy elsewhere = Proxy.open(proxies)
                .send(Proxy.requestHead(true, Proxy.headers(":method", "GET", ":path", "/v1/models"))
                        .setMetadataContext(Proxy.hint(Proxy.list(Proxy.text("127.0.0.1:1")))));
        await().until(() -> elsewhere.waiting() == 1);
        assertThat(elsewhere
                        .answers()
                        .getFirst()
                        .getImmediateResponse()
                        .getStatus()
                        .getCodeValue())
                .isEqualTo(503);
    }

    @ParameterizedTest
    @DisplayName("P33: health by the names that the protocol and llm-d's chart have")
    @ValueSource(
            strings = {"", "readiness", "liveness", "inference-extension", "envoy.service.ext_proc.v3.ExternalProcessor"
            })
    void isHealthy(String name) {
        for (ManagedChannel channel : List.of(probes, proxies)) {
            await().atMost(10, TimeUnit.SECONDS).until(() -> status(channel, name) == ServingStatus.SERVING);
        }
    }

    private static ServingStatus status(ManagedChannel channel, String name) {
        return HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.newBuilder().setService(name).build())
                .getStatus();
    }

    @Test
    void healthOfWhatIsNotThereIsNotFound() {
        assertThat(org.junit.jupiter.api.Assertions.assertThrows(
                                StatusRuntimeException.class, () -> status(probes, "bogus"))
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
    }

    @Test
    @Tag("bad-input-B82")
    @DisplayName("B82: a message beyond the limit ends its stream alone")
    void refusesLargeMessages() {
        Proxy proxy = Proxy.open(proxies)
                .post("/v1/completions")
                .send(Proxy.requestBody(ByteString.copyFrom(new byte[5 << 20]), false));
        await().until(() -> proxy.failure() != null);
        assertThat(Status.fromThrowable(proxy.failure()).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        aRequestIsPlacedAndItsAnswerFollowed();
    }

    @Test
    @DisplayName("B85: bytes that are no message end their stream alone")
    void refusesGarbage() throws Exception {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName(ExternalProcessorGrpc.getProcessMethod().getFullMethodName())
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        StreamObserver<byte[]> stream =
                ClientCalls.asyncBidiStreamingCall(proxies.newCall(raw, CallOptions.DEFAULT), new StreamObserver<>() {
                    @Override
                    public void onNext(byte[] message) {}

                    @Override
                    public void onError(Throwable error) {
                        failure.complete(error);
                    }

                    @Override
                    public void onCompleted() {
                        failure.complete(new AssertionError("completed"));
                    }
                });
        stream.onNext(new byte[] {(byte) 0xff, (byte) 0xff, 0x12, 0x7f, 0x01});
        assertThat(Status.fromThrowable(failure.get(30, TimeUnit.SECONDS)).getCode())
                .isIn(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.CANCELLED);
        aRequestIsPlacedAndItsAnswerFollowed();
    }

    @Test
    @DisplayName("B85: fields of versions to come are passed over")
    void passesOverUnknownFields() {
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(4242, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        Proxy proxy = Proxy.open(proxies)
                .send(Proxy.requestHead(false, Proxy.headers(":method", "POST", ":path", "/v1/completions"))
                        .setUnknownFields(unknown))
                .send(ProcessingRequest.newBuilder().setUnknownFields(unknown))
                .body("{\"model\":\"m\",\"prompt\":\"Hello\"}", true);
        await().until(() -> proxy.waiting() == 2);
        proxy.cancel();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
