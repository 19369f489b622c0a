package io.llmd.testsupport;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka broker, its own controller, in this JVM on loopback. It can go and come back with its data and its port.
 * Needs {@code kafka_2.13} and {@code kafka-server} on the class path of the test.
 */
public final class KafkaBroker implements AutoCloseable {

    private final Path folder;
    private final Properties properties;
    private final String bootstrapServers;
    private @Nullable KafkaRaftServer server;

    private KafkaBroker(Path folder, Properties properties, String bootstrapServers) {
        this.folder = folder;
        this.properties = properties;
        this.bootstrapServers = bootstrapServers;
    }

    /** A broker that takes requests. */
    public static KafkaBroker start() {
        try {
            Path folder = Files.createTempDirectory("kafka-broker");
            int port = FreePorts.next();
            Properties properties = properties(folder, port, FreePorts.next());
            KafkaBroker broker = new KafkaBroker(folder, properties, "127.0.0.1:" + port);
            broker.format();
            broker.comeBack();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties properties(Path folder, int port, int controllerPort) {
        Properties properties = new Properties();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("controller.quorum.bootstrap.servers", "127.0.0.1:" + controllerPort);
        properties.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        properties.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put("log.dirs", folder.resolve("data").toString());
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            properties.put(topic + ".replication.factor", "1");
            properties.put(topic + ".num.partitions", "1");
        }
        properties.put("transaction.state.log.min.isr", "1");
        properties.put("share.coordinator.state.topic.min.isr", "1");
        properties.put("group.initial.rebalance.delay.ms", "0");
        properties.put("log.cleaner.dedupe.buffer.size", "2097152");
        properties.put("num.network.threads", "1");
        properties.put("num.io.threads", "2");
        return properties;
    }

    private void format() throws IOException {
        Path file = folder.resolve("broker.properties");
        try (OutputStream out = Files.newOutputStream(file)) {
            properties.store(out, null);
        }
        PrintStream quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        String[] arguments = {"format", "--standalone", "-t", Uuid.randomUuid().toString(), "-c", file.toString()};
        if (StorageTool.execute(arguments, quiet) != 0) {
            throw new IllegalStateException("the broker's storage could not be formatted");
        }
    }

    /** For clients: {@code host:port}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Stops the broker; its data stays. */
    public void goAway() {
        KafkaRaftServer running = server;
        if (running != null) {
            running.shutdown();
            running.awaitShutdown();
            server = null;
        }
    }

    /** Starts the broker that went away, on the same port with the same data. */
    public void comeBack() {
        if (server == null) {
            KafkaRaftServer started = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
            started.startup();
            server = started;
        }
    }

    @Override
    public void close() {
        goAway();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
