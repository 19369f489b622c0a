package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.parser.VllmHttpParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads bodies of vLLM's own HTTP API. */
@Component
final class VllmHttpParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "vllmhttp-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new VllmHttpParser();
    }
}
