package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.PassthroughParser;
import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads no body: what nobody claims is passed through. */
@Component
final class PassthroughParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "passthrough-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new PassthroughParser();
    }
}
