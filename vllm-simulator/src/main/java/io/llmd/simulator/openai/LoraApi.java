package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.LoraModule;
import io.llmd.simulator.config.SimulatorSettings;
import java.nio.charset.StandardCharsets;

/**
 * {@code POST /v1/load_lora_adapter} and {@code /v1/unload_lora_adapter}. There is nothing behind a path, so that any
 * path can be loaded.
 */
public final class LoraApi {
    private static final BodySchema LOAD = BodySchema.builder()
            .required("lora_name", FieldType.STRING)
            .required("lora_path", FieldType.STRING)
            .optional("load_inplace", FieldType.BOOLEAN)
            .optional("is_3d_lora_weight", FieldType.BOOLEAN)
            .build();
    private static final BodySchema UNLOAD = BodySchema.builder()
            .required("lora_name", FieldType.STRING)
            .optional("lora_int_id", FieldType.INTEGER.nullable())
            .build();

    private final SimulatorSettings settings;
    private final LoraAdapters adapters;
    private final Host host;

    /** @param host the engines */
    public LoraApi(SimulatorSettings settings, LoraAdapters adapters, Host host) {
        this.settings = settings;
        this.adapters = adapters;
        this.host = host;
    }

    /** Loads an adapter. */
    public Reply load(Call call) {
        RequestFields fields = call.fields(LOAD);
        String name = text(fields, "lora_name");
        String path = text(fields, "lora_path");
        if (name.isEmpty() || path.isEmpty()) {
            throw refused("Both 'lora_name' and 'lora_path' must be provided.");
        }
        if (!settings.preset().allowsAdapterNamedAsModel()
                && settings.servedModelNames().contains(name)) {
            throw refused("The lora adapter '" + name + "' conflicts with a served base model.");
        }
        if (adapters.find(name) != null && !fields.bool("load_inplace", false)) {
            throw refused("The lora adapter '" + name + "' has already been loaded. If you want to load the adapter in"
                    + " place, set 'load_inplace' to True.");
        }
        if (!settings.lora().enabled()) {
            throw new ApiException(
                    500,
                    "InternalServerError",
                    "Call to add_lora method failed: Worker failed with error 'LoRA is not enabled. Use --enable-lora"
                            + " to enable LoRA.', please check the stack trace above for the root cause",
                    null);
        }
        host.keep(name);
        adapters.put(new LoraModule(name, path, null));
        return done("Success: LoRA adapter '" + name + "' added successfully.");
    }

    /** Unloads an adapter. Requests that use it go on. */
    public Reply unload(Call call) {
        String name = text(call.fields(UNLOAD), "lora_name");
        if (name.isEmpty()) {
            throw refused("'lora_name' needs to be provided to unload a LoRA adapter.");
        }
        if (adapters.find(name) == null) {
            throw ApiException.notFound("The lora adapter '" + name + "' cannot be found.", null);
        }
        adapters.remove(name);
        host.forget(name);
        return done("Success: LoRA adapter '" + name + "' removed successfully.");
    }

    private static String text(RequestFields fields, String name) {
        String value = fields.string(name);
        return value == null ? "" : value;
    }

    private static Reply done(String message) {
        return new Reply.Content(200, null, message.getBytes(StandardCharsets.UTF_8));
    }

    private static ApiException refused(String message) {
        return new ApiException(400, "InvalidUserInput", message, null);
    }

    /** Where adapters are kept. */
    public interface Host {
        /** Brings an adapter into host memory. */
        void keep(String adapter);

        /** Lets an adapter go. */
        void forget(String adapter);
    }
}
