package io.llmd.gateway.console;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.webjars.WebJarVersionLocator;
import reactor.core.publisher.Mono;

/**
 * Scripts, styles and pictures of the pages, in memory and compressed from the start. Their address holds a checksum of all
 * of them, so that browsers may keep them for ever. Immutable.
 */
final class Assets {

    private static final String OWN = "console/assets/";
    /** Name here, WebJar, file in it. */
    private static final List<List<String>> LIBRARIES = List.of(
            List.of("lib/pico.css", "picocss__pico", "css/pico.min.css"),
            List.of("lib/uplot.css", "uplot", "dist/uPlot.min.css"),
            List.of("lib/uplot.js", "uplot", "dist/uPlot.iife.min.js"));

    private static final Map<String, MediaType> TYPES = Map.of(
            "css", MediaType.parseMediaType("text/css;charset=UTF-8"),
            "js", MediaType.parseMediaType("text/javascript;charset=UTF-8"),
            "svg", MediaType.parseMediaType("image/svg+xml"));

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Asset(MediaType type, byte[] plain, byte[] zipped) {}

    private final Map<String, Asset> byName = new TreeMap<>();
    private final String version;

    /** Reads all of them. @throws UncheckedIOException when one is missing */
    Assets() {
        for (String name : names()) {
            add(name, OWN + name);
        }
        WebJarVersionLocator jars = new WebJarVersionLocator();
        LIBRARIES.forEach(library -> add(
                library.get(0),
                Objects.requireNonNull(
                        jars.fullPath(library.get(1), library.get(2)),
                        () -> library.get(1) + " is not on the class path")));
        CRC32 sum = new CRC32();
        byName.forEach((name, asset) -> {
            sum.update(name.getBytes(StandardCharsets.UTF_8));
            sum.update(asset.plain());
        });
        version = Long.toString(sum.getValue(), Character.MAX_RADIX);
    }

    private static List<String> names() {
        try {
            List<String> names = new ArrayList<>();
            for (Resource file :
                    new PathMatchingResourcePatternResolver().getResources("classpath:" + OWN + "**/*.*")) {
                String path = file.getURL().getPath();
                names.add(path.substring(path.lastIndexOf(OWN) + OWN.length()));
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(OWN + " cannot be read", e);
        }
    }

    private void add(String name, String path) {
        try (InputStream in = new ClassPathResource(path).getInputStream()) {
            byte[] plain = in.readAllBytes();
            ByteArrayOutputStream zipped = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
                out.write(plain);
            }
            String ending = name.substring(name.lastIndexOf('.') + 1);
            byName.put(name, new Asset(Objects.requireNonNull(TYPES.get(ending)), plain, zipped.toByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(path + " is missing", e);
        }
    }

    /** Where pages find them. */
    String base() {
        return "/console/assets/" + version;
    }

    Mono<ServerResponse> serve(ServerRequest request) {
        Asset asset = byName.get(request.pathVariable("name").substring(1));
        if (asset == null) {
            return ServerResponse.notFound().build();
        }
        boolean zips = request.headers().header(HttpHeaders.ACCEPT_ENCODING).stream()
                .anyMatch(encodings -> encodings.contains("gzip"));
        ServerResponse.BodyBuilder answer = ServerResponse.ok()
                .contentType(asset.type())
                .cacheControl(CacheControl.maxAge(Duration.ofDays(365)).immutable())
                .varyBy(HttpHeaders.ACCEPT_ENCODING);
        if (zips) {
            answer.header(HttpHeaders.CONTENT_ENCODING, "gzip");
        }
        return answer.bodyValue(zips ? asset.zipped() : asset.plain());
    }
}
