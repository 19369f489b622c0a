package io.llmd.gateway.console;

import java.util.Locale;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.thymeleaf.context.Context;
import org.thymeleaf.spring6.SpringTemplateEngine;
import org.thymeleaf.templatemode.TemplateMode;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Writes pages from their templates. Thread-safe. */
final class PageWriter {

    private final SpringTemplateEngine engine = new SpringTemplateEngine();
    private final String assets;
    private final boolean isTrial;
    private final boolean hasLogin;

    /** @param assets where scripts and styles are */
    PageWriter(String assets, boolean isTrial, boolean hasLogin) {
        ClassLoaderTemplateResolver templates = new ClassLoaderTemplateResolver(PageWriter.class.getClassLoader());
        templates.setPrefix("console/pages/");
        templates.setSuffix(".html");
        templates.setTemplateMode(TemplateMode.HTML);
        templates.setCharacterEncoding("UTF-8");
        engine.setTemplateResolver(templates);
        this.assets = assets;
        this.isTrial = isTrial;
        this.hasLogin = hasLogin;
    }

    Mono<ServerResponse> page(Page page, Visitor visitor) {
        return write(
                page.file(),
                Map.of(
                        "page", page,
                        "menu", Page.menu(isTrial),
                        "visitor", visitor,
                        "hasLogin", hasLogin,
                        "assets", assets));
    }

    Mono<ServerResponse> login(boolean isRefused) {
        return write("login", Map.of("assets", assets, "isRefused", isRefused));
    }

    /** Reads a template at its first use, so not on an event loop. */
    private Mono<ServerResponse> write(String template, Map<String, Object> values) {
        return Mono.fromCallable(() -> engine.process(template, new Context(Locale.ENGLISH, values)))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(html ->
                        ServerResponse.ok().contentType(MediaType.TEXT_HTML).bodyValue(html));
    }
}
