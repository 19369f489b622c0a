package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.EndpointPickerConfig.ProfilePlugin;
import io.llmd.scheduler.plugin.EndpointPickerConfig.ProfileSpec;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.NamedPlugin;
import io.llmd.scheduler.scheduling.Picker;
import io.llmd.scheduler.scheduling.Plugin;
import io.llmd.scheduler.scheduling.ProfileHandler;
import io.llmd.scheduler.scheduling.SchedulingProfile;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.WeightedScorer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds the profiles of a plan from those of a configuration, and chooses its profile handler. */
final class ProfileAssembler {

    private static final String DEFAULT_PICKER = "max-score-picker";
    private static final String SINGLE_HANDLER = "single-profile-handler";

    private final PluginInstances instances;
    private final Problems problems;

    ProfileAssembler(PluginInstances instances, Problems problems) {
        this.instances = instances;
        this.problems = problems;
    }

    /** The profile that a configuration without profiles means: every filter, scorer and picker, weight 1. */
    static ProfileSpec defaultProfile(PluginInstances instances) {
        List<ProfilePlugin> parts = new ArrayList<>();
        for (PluginInstance instance : instances.all()) {
            if (isPart(instance.plugin())) {
                parts.add(new ProfilePlugin(new Located<>(instance.name(), 0), new Located<>(1.0, 0), 0));
            }
        }
        return new ProfileSpec(new Located<>("default", 0), parts, 0);
    }

    private static boolean isPart(Plugin plugin) {
        return plugin instanceof Filter || plugin instanceof Scorer || plugin instanceof Picker;
    }

    /** The handler, null after a problem. */
    @Nullable
    NamedPlugin<ProfileHandler> handler(List<ProfileSpec> profiles) {
        List<PluginInstance> handlers = instances.all(ProfileHandler.class);
        if (handlers.isEmpty() && profiles.size() == 1) {
            PluginInstance added = instances.addDefault(SINGLE_HANDLER, 0, "plugins");
            return added == null ? null : new NamedPlugin<>(added.name(), (ProfileHandler) added.plugin());
        }
        if (handlers.isEmpty()) {
            problems.error(
                    profiles.get(1).line(),
                    "schedulingProfiles",
                    profiles.size() + " profiles and no profile handler (expected: a profile handler in plugins)");
            return null;
        }
        if (handlers.size() > 1) {
            PluginInstances.Origin second = instances.origin(handlers.get(1).name());
            problems.error(
                    second.line(),
                    second.path(),
                    "second profile handler besides " + handlers.getFirst().name() + " (expected: one)");
            return null;
        }
        PluginInstance only = handlers.getFirst();
        if (only.type().equals(SINGLE_HANDLER) && profiles.size() > 1) {
            PluginInstances.Origin origin = instances.origin(only.name());
            problems.error(
                    origin.line(),
                    origin.path(),
                    SINGLE_HANDLER + " with " + profiles.size() + " profiles (expected: 1)");
        }
        ProfileHandler handler = (ProfileHandler) only.plugin();
        requireProfiles(only.name(), handler, profiles);
        return new NamedPlugin<>(only.name(), handler);
    }

    private void requireProfiles(String name, ProfileHandler handler, List<ProfileSpec> profiles) {
        for (String required : handler.requiredProfiles()) {
            boolean isThere = profiles.stream()
                    .map(ProfileSpec::name)
                    .anyMatch(profile -> profile != null && profile.value().equals(required));
            if (!isThere) {
                PluginInstances.Origin origin = instances.origin(name);
                problems.error(
                        origin.line(),
                        origin.path(),
                        "no profile " + required + " (expected: one in schedulingProfiles)");
            }
        }
    }

    /** The profiles by name; those with problems are left out. */
    Map<String, SchedulingProfile> profiles(List<ProfileSpec> specs) {
        Map<String, SchedulingProfile> profiles = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < specs.size(); i++) {
            ProfileSpec spec = specs.get(i);
            String path = "schedulingProfiles[" + i + "]";
            Located<String> name = spec.name();
            if (name == null || name.value().isEmpty()) {
                problems.error(
                        name == null ? spec.line() : name.line(),
                        path + ".name",
                        "is missing (expected: a unique name)");
            } else if (!names.add(name.value())) {
                problems.error(name.line(), path + ".name", name.value() + " (expected: a unique name)");
            }
            SchedulingProfile profile = profile(name == null ? "" : name.value(), spec, path);
            if (profile != null) {
                profiles.put(profile.name(), profile);
            }
        }
        return profiles;
    }

    private @Nullable SchedulingProfile profile(String name, ProfileSpec spec, String path) {
        List<NamedPlugin<Filter>> filters = new ArrayList<>();
        List<WeightedScorer> scorers = new ArrayList<>();
        List<NamedPlugin<Picker>> pickers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < spec.plugins().size(); i++) {
            ProfilePlugin part = spec.plugins().get(i);
            String partPath = path + ".plugins[" + i + "]";
            double weight = weight(part, partPath);
            PluginInstance instance = resolve(part, partPath, seen);
            if (instance == null) {
                continue;
            }
            if (instance.plugin() instanceof Filter filter) {
                filters.add(new NamedPlugin<>(instance.name(), filter));
            }
            if (instance.plugin() instanceof Scorer scorer) {
                scorers.add(new WeightedScorer(instance.name(), scorer, weight));
            }
            if (instance.plugin() instanceof Picker picker) {
                pickers.add(new NamedPlugin<>(instance.name(), picker));
                rejectSecond(pickers, part, partPath);
            }
        }
        NamedPlugin<Picker> picker = pickers.isEmpty() ? defaultPicker(spec, path) : pickers.getFirst();
        return picker == null ? null : new SchedulingProfile(name, filters, scorers, picker);
    }

    private void rejectSecond(List<NamedPlugin<Picker>> pickers, ProfilePlugin part, String path) {
        if (pickers.size() > 1) {
            problems.error(
                    refLine(part),
                    path,
                    "second picker besides " + pickers.getFirst().name() + " (expected: one picker in a profile)");
        }
    }

    private double weight(ProfilePlugin part, String path) {
        Located<Double> weight = part.weight();
        if (weight == null) {
            return 1.0;
        }
        if (weight.value() < 0) {
            problems.error(weight.line(), path + ".weight", weight.value() + " (expected: finite, >= 0)");
            return 0.0;
        }
        return weight.value();
    }

    private static int refLine(ProfilePlugin part) {
        return part.pluginRef() == null ? part.line() : part.pluginRef().line();
    }

    private @Nullable PluginInstance resolve(ProfilePlugin part, String path, Set<String> seen) {
        Located<String> ref = part.pluginRef();
        String field = path + ".pluginRef";
        if (ref == null || ref.value().isEmpty()) {
            problems.error(refLine(part), field, "is missing (expected: the name of a plugin)");
            return null;
        }
        if (!instances.isNamed(ref.value())) {
            problems.error(
                    ref.line(),
                    field,
                    "no plugin " + ref.value() + " (expected: one of "
                            + instances.byName().keySet() + ")" + Suggestion.of(ref.value(), instances.names()));
            return null;
        }
        if (!seen.add(ref.value())) {
            problems.error(ref.line(), field, ref.value() + " is referenced twice in the profile (expected: once)");
            return null;
        }
        PluginInstance instance = instances.find(ref.value());
        if (instance != null && !isPart(instance.plugin())) {
            problems.error(
                    ref.line(),
                    field,
                    ref.value() + " of type " + instance.type() + " (expected: a filter, scorer or picker)");
            return null;
        }
        return instance;
    }

    private @Nullable NamedPlugin<Picker> defaultPicker(ProfileSpec spec, String path) {
        List<PluginInstance> pickers = instances.all(Picker.class);
        if (pickers.size() > 1) {
            problems.error(
                    spec.line(),
                    path + ".plugins",
                    "no picker, and several are configured: "
                            + pickers.stream().map(PluginInstance::name).toList()
                            + " (expected: the profile names one)");
            return null;
        }
        PluginInstance picker =
                pickers.isEmpty() ? instances.addDefault(DEFAULT_PICKER, spec.line(), path) : pickers.getFirst();
        return picker == null ? null : new NamedPlugin<>(picker.name(), (Picker) picker.plugin());
    }
}
