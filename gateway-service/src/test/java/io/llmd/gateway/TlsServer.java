package io.llmd.gateway;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A server behind TLS that answers every request with one body; its certificate for 127.0.0.1 signs itself. */
public final class TlsServer implements AutoCloseable {

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final Path store;
    private final HttpsServer server;
    private final List<String> bodies = new CopyOnWriteArrayList<>();

    private TlsServer(Path store, HttpsServer server) {
        this.store = store;
        this.server = server;
    }

    public static TlsServer start(Path folder, String answer) throws Exception {
        return serve(makeStore(folder), answer);
    }

    /** A store with a key and its certificate for {@link #serve}. */
    public static Path makeStore(Path folder) throws IOException, InterruptedException {
        Path store = folder.resolve("peer.p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                "self",
                "-keyalg",
                "EC",
                "-dname",
                "CN=peer",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2");
        return store;
    }

    /** Starts a server with the key of a store. */
    public static TlsServer serve(Path store, String answer) throws IOException, GeneralSecurityException {
        return start(store, context(store), answer);
    }

    private static TlsServer start(Path store, SSLContext context, String answer) throws IOException {
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(context));
        TlsServer server = new TlsServer(store, https);
        https.createContext("/", exchange -> {
            server.bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        https.start();
        return server;
    }

    /** The same with a certificate that ended a week ago, of an authority that {@link #store} trusts. */
    public static TlsServer startExpired(Path folder, String answer) throws Exception {
        Path authority = folder.resolve("authority.p12");
        Path peer = folder.resolve("peer.p12");
        keytool(authority, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=ca", "-ext", "bc=ca:true");
        keytool(peer, "-genkeypair", "-alias", "self", "-keyalg", "EC", "-dname", "CN=peer");
        keytool(
                peer,
                "-certreq",
                "-alias",
                "self",
                "-file",
                folder.resolve("peer.csr").toString());
        keytool(
                authority,
                "-gencert",
                "-alias",
                "ca",
                "-infile",
                folder.resolve("peer.csr").toString(),
                "-outfile",
                folder.resolve("peer.crt").toString(),
                "-startdate",
                "-10d",
                "-validity",
                "3",
                "-ext",
                "san=ip:127.0.0.1");
        keytool(
                authority,
                "-exportcert",
                "-alias",
                "ca",
                "-file",
                folder.resolve("ca.crt").toString());
        for (String alias : List.of("ca", "self")) {
            Path file = folder.resolve(alias.equals("ca") ? "ca.crt" : "peer.crt");
            keytool(peer, "-importcert", "-noprompt", "-alias", alias, "-file", file.toString());
        }
        return start(authority, context(peer), answer);
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
        command.addAll(List.of(arguments));
        command.addAll(
                List.of("-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", new String(PASSWORD)));
        Path log = store.resolveSibling("keytool.log");
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!keytool.waitFor(120, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IOException(Files.readString(log));
        }
    }

    private static SSLContext context(Path file) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    public Path store() {
        return store;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Bodies of all requests. */
    public List<String> bodies() {
        return List.copyOf(bodies);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
