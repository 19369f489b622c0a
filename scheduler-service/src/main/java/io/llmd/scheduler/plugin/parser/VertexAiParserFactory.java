package io.llmd.scheduler.plugin.parser;

import io.llmd.scheduler.parser.RequestParser;
import io.llmd.scheduler.parser.VertexAiParser;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** Reads bodies of Vertex AI's gRPC API. */
@Component
final class VertexAiParserFactory implements PluginFactory<NoParams> {

    @Override
    public String type() {
        return "vertexai-parser";
    }

    @Override
    public Class<NoParams> paramsType() {
        return NoParams.class;
    }

    @Override
    public RequestParser create(String name, NoParams params) {
        return new VertexAiParser();
    }
}
