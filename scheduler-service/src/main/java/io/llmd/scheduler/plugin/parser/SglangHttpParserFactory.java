package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.parser.SglangHttpParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads bodies of SGLang's own HTTP API. */
@Component
final class SglangHttpParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "sglanghttp-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new SglangHttpParser();
    }
}
