package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.AnthropicParser;
import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads bodies of Anthropic's messages API. */
@Component
final class AnthropicParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "anthropic-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new AnthropicParser();
    }
}
