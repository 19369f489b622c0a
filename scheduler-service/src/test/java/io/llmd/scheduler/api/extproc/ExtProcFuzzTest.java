package io.llmd.scheduler.api.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages of a proxy one after the other, each after its length, looked for by coverage; see CONTRIBUTING.md. */
class ExtProcFuzzTest {

    private static final ExtProcSettings SETTINGS = new ExtProcSettings(
            "envoy.lb",
            "envoy.lb.subset_hint",
            false,
            true,
            false,
            1000,
            10_000,
            1000,
            Duration.ofSeconds(30),
            Duration.ofMinutes(10));

    static Stream<byte[]> conversations() throws IOException {
        ProcessingRequest.Builder head = ProcessingRequest.newBuilder();
        head.getRequestHeadersBuilder().setHeaders(Proxy.headers(":path", "/v1/completions", ":method", "POST"));
        ProcessingRequest.Builder body = ProcessingRequest.newBuilder();
        body.getRequestBodyBuilder()
                .setBody(com.google.protobuf.ByteString.copyFromUtf8("{\"model\":\"m\",\"prompt\":\"x\"}"))
                .setEndOfStream(true);
        ProcessingRequest.Builder answer = ProcessingRequest.newBuilder();
        answer.getResponseHeadersBuilder().setHeaders(Proxy.headers(":status", "200"));
        ProcessingRequest.Builder data = ProcessingRequest.newBuilder();
        data.getResponseBodyBuilder()
                .setBody(com.google.protobuf.ByteString.copyFromUtf8("data: {}\n\n"))
                .setEndOfStream(true);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ProcessingRequest.Builder message : new ProcessingRequest.Builder[] {head, body, answer, data}) {
            message.build().writeDelimitedTo(all);
        }
        return Stream.of(all.toByteArray());
    }

    /** No defect whatever comes, no lease that does not end, and nothing that is kept. */
    @MethodSource("conversations")
    @FuzzTest
    void conversation(byte[] bytes) throws IOException {
        ScriptedDoor door = new ScriptedDoor();
        String name = UUID.randomUUID().toString();
        ExternalProcessor processor = new ExternalProcessor(door, SETTINGS, Runnable::run, () -> 0);
        Server server = InProcessServerBuilder.forName(name)
                .directExecutor()
                .addService(processor)
                .build()
                .start();
        ManagedChannel channel =
                InProcessChannelBuilder.forName(name).directExecutor().build();
        try {
            Proxy proxy = Proxy.open(channel);
            sendAll(proxy, CodedInputStream.newInstance(bytes));
            proxy.cancel();
        } finally {
            channel.shutdownNow();
            server.shutdownNow();
        }
        assertThat(processor.open()).isZero();
        assertThat(processor.heldBytes()).isZero();
    }

    /** Up to what is no message: what came before it counts. */
    private static void sendAll(Proxy proxy, CodedInputStream in) throws IOException {
        try {
            while (!in.isAtEnd() && proxy.failure() == null && !proxy.isCompleted()) {
                proxy.send(ProcessingRequest.parseFrom(in.readByteArray()).toBuilder());
            }
        } catch (InvalidProtocolBufferException e) {
            // The rest is left.
        }
    }
}
