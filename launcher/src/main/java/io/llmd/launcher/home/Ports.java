package io.llmd.launcher.home;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** TCP ports of this machine and who holds them. */
public final class Ports {

    private final Path proc;

    public Ports() {
        this(Path.of("/proc"));
    }

    Ports(Path proc) {
        this.proc = proc;
    }

    /** Whether a server could listen there, on any address of this machine. */
    public boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The process that listens on a port, where the system tells; only processes of the same user are seen. */
    public OptionalLong owner(int port) {
        Set<String> sockets = Stream.of("net/tcp", "net/tcp6")
                .flatMap(table -> listening(proc.resolve(table), port))
                .map(inode -> "socket:[" + inode + "]")
                .collect(Collectors.toSet());
        return sockets.isEmpty() ? OptionalLong.empty() : holder(sockets);
    }

    /** Who holds a port, in words: {@code process 4711 (java)}, or {@code another process}. */
    public String ownerText(int port) {
        OptionalLong pid = owner(port);
        if (pid.isEmpty()) {
            return "another process";
        }
        String command = ProcessHandle.of(pid.getAsLong())
                .flatMap(process -> process.info().command())
                .map(path -> " (" + Path.of(path).getFileName() + ")")
                .orElse("");
        return "process " + pid.getAsLong() + command;
    }

    /** Columns: number, local address:port in hexadecimal, remote, state (0A listens), …, inode as the tenth. */
    private static Stream<String> listening(Path table, int port) {
        String suffix = String.format(":%04X", port);
        try {
            return Files.readAllLines(table).stream()
                    .map(line -> line.trim().split("\\s+"))
                    .filter(cells -> cells.length > 9 && cells[1].endsWith(suffix) && cells[3].equals("0A"))
                    .map(cells -> cells[9]);
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    private OptionalLong holder(Set<String> sockets) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (holdsAny(process.resolve("fd"), sockets)) {
                    return OptionalLong.of(Long.parseLong(process.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private static boolean holdsAny(Path descriptors, Set<String> sockets) {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                if (Files.isSymbolicLink(link)
                        && sockets.contains(Files.readSymbolicLink(link).toString())) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return false;
        }
        return false;
    }
}
