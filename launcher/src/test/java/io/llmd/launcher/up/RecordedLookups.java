package io.llmd.launcher.up;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * Writes down which names a JVM looks up, but for those of its own machine, into the file that the property {@code
 * llmd.test.lookups} names. The JDK finds it where a file in {@code META-INF/services} says so.
 */
public final class RecordedLookups extends InetAddressResolverProvider {

    /** Line that each JVM begins with, so that a file without others is not one that nobody wrote. */
    static final String RECORDER = "recorder";

    @Override
    public InetAddressResolver get(Configuration configuration) {
        write(RECORDER);
        InetAddressResolver own = configuration.builtinResolver();
        String self = configuration.lookupLocalHostName();
        return new InetAddressResolver() {
            @Override
            public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
                if (!host.equals("localhost") && !host.equals(self)) {
                    write(host);
                }
                return own.lookupByName(host, policy);
            }

            @Override
            public String lookupByAddress(byte[] address) throws UnknownHostException {
                InetAddress asked = InetAddress.getByAddress(address);
                if (!isOwn(asked)) {
                    write(asked.toString());
                }
                return own.lookupByAddress(address);
            }
        };
    }

    /** Spring Cloud asks for the name of the machine's own address. */
    private static boolean isOwn(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    private static void write(String name) {
        try {
            Files.writeString(
                    Path.of(System.getProperty("llmd.test.lookups")),
                    name + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "recorded lookups";
    }
}
