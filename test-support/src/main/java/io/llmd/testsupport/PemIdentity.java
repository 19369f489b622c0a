package io.llmd.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/**
 * A key, and a certificate of it that signs itself and is good for 127.0.0.1, as PEM files.
 *
 * @param certificate file with the certificate, which is its own authority
 * @param privateKey file with the key, as PKCS #8
 */
public record PemIdentity(Path certificate, Path privateKey) {

    private static final char[] PASSWORD = "changeit".toCharArray();

    /** Makes one. @param name common name of its subject, and beginning of the files' names */
    public static PemIdentity make(Path folder, String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path store = folder.resolve(name + ".p12");
        Path log = folder.resolve(name + ".log");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "self",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
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
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!keytool.waitFor(120, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            keytool.destroyForcibly();
            throw new IOException("keytool: " + Files.readString(log));
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        PemIdentity made = new PemIdentity(folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
        write(made.certificate, "CERTIFICATE", keys.getCertificate("self").getEncoded());
        write(made.privateKey, "PRIVATE KEY", keys.getKey("self", PASSWORD).getEncoded());
        return made;
    }

    private static void write(Path file, String what, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }
}
