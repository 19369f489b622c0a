package io.llmd.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key, and a certificate of it that signs itself and is good for 127.0.0.1, as files.
 *
 * @param certificate PEM file with the certificate, which is its own authority
 * @param privateKey PEM file with the key, as PKCS #8
 * @param store PKCS #12 file with both, of the password {@value #PASSWORD}
 */
public record PemIdentity(Path certificate, Path privateKey, Path store) {

    /** Password of stores. */
    public static final String PASSWORD = "changeit";

    private static final String ALIAS = "self";

    /** Makes one with a key on an elliptic curve. @param name common name of its subject, and beginning of the files' names */
    public static PemIdentity make(Path folder, String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        return make(folder, name, "-keyalg", "EC", "-groupname", "secp256r1");
    }

    /** Makes one with an RSA key. @param name as with {@link #make(Path, String)} */
    public static PemIdentity makeRsa(Path folder, String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        return make(folder, name, "-keyalg", "RSA", "-keysize", "2048");
    }

    private static PemIdentity make(Path folder, String name, String... algorithm)
            throws IOException, GeneralSecurityException, InterruptedException {
        PemIdentity made = new PemIdentity(
                folder.resolve(name + ".crt"), folder.resolve(name + ".key"), folder.resolve(name + ".p12"));
        Path log = folder.resolve(name + ".log");
        ProcessBuilder command = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-alias",
                ALIAS,
                "-dname",
                "CN=" + name,
                "-ext",
                "bc=ca:true",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                made.store.toString(),
                "-storepass",
                PASSWORD);
        command.command().addAll(List.of(algorithm));
        Process keytool =
                command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (!keytool.waitFor(120, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new IOException("keytool: " + Files.readString(log));
        }
        KeyStore keys = made.keys();
        write(made.certificate, "CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
        write(
                made.privateKey,
                "PRIVATE KEY",
                keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded());
        return made;
    }

    /** Writes bytes as PEM. @param what the name between the dashes */
    public static void write(Path file, String what, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }

    private KeyStore keys() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    /** TLS of a server that shows this certificate and wants to see one that {@code client} has signed. */
    public SSLContext serverThatTrusts(PemIdentity client) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("client", client.keys().getCertificate(ALIAS));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys(), PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
