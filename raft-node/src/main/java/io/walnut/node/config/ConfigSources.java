package io.walnut.node.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Merges file, environment and flags into one text per key; knows which keys exist, not what their values mean. */
final class ConfigSources {
    private static final Pattern PEER_FIELD = Pattern.compile("cluster\\.peers\\[\\d+]\\.([^.\\[]+)");

    private ConfigSources() {}

    static Map<String, Found> merge(@Nullable Path file, Map<String, String> environment, Map<String, String> flags)
            throws ConfigException {
        Map<String, Found> values = new LinkedHashMap<>();
        if (file != null) {
            for (Map.Entry<String, Found> entry : YamlFile.read(file).entrySet()) {
                checkKnown(entry.getKey(), entry.getValue().origin());
                values.put(entry.getKey(), entry.getValue());
            }
        }
        addEnvironment(environment, values);
        for (Map.Entry<String, String> flag : flags.entrySet()) {
            Origin origin = new Origin.Flag("--set " + flag.getKey());
            checkKnown(flag.getKey(), origin);
            put(values, flag.getKey(), new Found(flag.getValue(), origin));
        }
        return values;
    }

    // Other variables that begin with WALNUT_ are not an error: the launcher and the client have some, and Kubernetes
    // makes them up for services.
    private static void addEnvironment(Map<String, String> environment, Map<String, Found> values) {
        Map<String, String> keyOf = new LinkedHashMap<>(Settings.VARIABLE_ALIASES);
        keyOf.put("WALNUT_PEERS", Settings.PEERS_KEY);
        Settings.ALL.forEach(setting -> keyOf.put(setting.variable(), setting.key()));
        keyOf.forEach((variable, key) -> {
            String text = environment.get(variable);
            if (text != null && !text.isEmpty()) {
                put(values, key, new Found(text, new Origin.Environment(variable)));
            }
        });
    }

    private static void put(Map<String, Found> values, String key, Found found) {
        if (key.equals(Settings.PEERS_KEY)) {
            values.keySet().removeIf(other -> other.startsWith(Settings.PEERS_KEY + "["));
        }
        values.put(key, found);
    }

    private static void checkKnown(String key, Origin origin) throws ConfigException {
        var peerField = PEER_FIELD.matcher(key);
        if (peerField.matches()) {
            if (!PeerList.FIELDS.contains(peerField.group(1))) {
                throw unknown(key, origin, peerField.group(1), PeerList.FIELDS);
            }
            return;
        }
        List<String> known =
                new ArrayList<>(Settings.ALL.stream().map(Setting::key).toList());
        known.add(Settings.PEERS_KEY);
        if (!known.contains(key)) {
            throw unknown(key, origin, key, known);
        }
    }

    private static ConfigException unknown(String key, Origin origin, String name, Collection<String> known) {
        String hint = Nearest.of(name, known)
                .map(nearest -> "did you mean '" + nearest + "'?")
                .orElse("known keys: " + String.join(", ", known));
        return new ConfigException(origin + ": unknown key '" + key + "'; " + hint);
    }

    /** What was found, where, and what was expected. */
    static ConfigException badValue(String key, Found found, IllegalArgumentException expected) {
        String hint = found.text().startsWith("tcp://")
                ? " (Kubernetes made this variable up for a service; set enableServiceLinks: false in the pod)"
                : "";
        return new ConfigException(
                found.origin() + ": " + key + ": found '" + found.text() + "', " + expected.getMessage() + hint);
    }
}
