package io.llmd.launcher.up;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Looks every few milliseconds for sockets of a process, and of those that it started, whose other end is not on this machine, in the
 * tables that Linux shows; elsewhere it sees none. What is tried and fails at once may be missed. Questions to the machine's own
 * resolver are left out, for a machine may have to ask for its own name; {@link RecordedLookups} tells what was asked for.
 */
final class ForeignSockets implements AutoCloseable {

    private static final String RESOLVER = ":0035";
    private static final long PAUSE_NANOS = 25_000_000;

    private final long pid;
    private final Set<String> seen = new ConcurrentSkipListSet<>();
    private final Thread watcher =
            Thread.ofPlatform().daemon().name("foreign-sockets").unstarted(this::watch);

    ForeignSockets(long pid) {
        this.pid = pid;
        watcher.start();
    }

    /** Remote ends in the form of the tables, hexadecimal. */
    Set<String> seen() {
        return Set.copyOf(seen);
    }

    private void watch() {
        while (!Thread.interrupted()) {
            Stream.of("tcp", "tcp6", "udp", "udp6").forEach(this::look);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Columns: number, local end, remote end, state, …, inode as the tenth. */
    private void look(String table) {
        for (String line : lines(Path.of("/proc/net", table))) {
            String[] cells = line.strip().split("\\s+");
            boolean isQuestion = table.startsWith("udp") && cells.length > 9 && cells[2].endsWith(RESOLVER);
            if (cells.length > 9 && !isQuestion && isForeign(cells[2]) && isHeld("socket:[" + cells[9] + "]")) {
                seen.add(table + " " + cells[2]);
            }
        }
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Addresses are words of four bytes with the last byte first; no address means that there is no other end. */
    static boolean isForeign(String end) {
        int colon = end.indexOf(':');
        String address = colon < 0 ? "" : end.substring(0, colon);
        if (address.length() == 8) {
            return !address.equals("00000000") && !address.endsWith("7F");
        }
        return address.length() == 32
                && !address.matches("0{32}")
                && !address.equals("00000000000000000000000001000000")
                && !(address.startsWith("0000000000000000FFFF0000") && !isForeign(address.substring(24) + ":0"));
    }

    private boolean isHeld(String socket) {
        return Stream.concat(
                        Stream.of(pid),
                        ProcessHandle.of(pid).stream()
                                .flatMap(ProcessHandle::descendants)
                                .map(ProcessHandle::pid))
                .anyMatch(process -> holds(process, socket));
    }

    private static boolean holds(long process, String socket) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + process + "/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor)
                        && Files.readSymbolicLink(descriptor).toString().equals(socket)) {
                    return true;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return false;
        }
        return false;
    }

    @Override
    public void close() throws InterruptedException {
        watcher.interrupt();
        watcher.join();
    }
}
