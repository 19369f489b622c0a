package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.OpenAiParser;
import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads bodies of the OpenAI API. */
@Component
final class OpenAiParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "openai-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new OpenAiParser();
    }
}
