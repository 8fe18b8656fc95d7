package io.walnut.node.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Merges file, environment and flags into one text per key; knows which keys exist, not what their values mean. */
final class ConfigSources {
    private static final Pattern PEER_FIELD = Pattern.compile("cluster\\.peers\\[\\d+]\\.([^.\\[]+)");

    /** What Kubernetes makes up for a service called walnut unless it is told not to; WALNUT_PORT=tcp://... beside these. */
    private static final Pattern OF_A_SERVICE =
            Pattern.compile(".*_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|.*_PORT_\\d+_(TCP|UDP|SCTP)(_[A-Z]+)?");

    private static final Logger LOG = LoggerFactory.getLogger(ConfigSources.class);

    private ConfigSources() {}

    static Map<String, Found> merge(@Nullable Path file, Map<String, String> environment, Map<String, String> flags)
            throws ConfigException {
        Map<String, Found> values = new LinkedHashMap<>();
        if (file != null) {
            for (Map.Entry<String, Found> entry : YamlFile.read(file).entrySet()) {
                checkKnown(entry.getKey(), entry.getValue());
                values.put(entry.getKey(), entry.getValue());
            }
        }
        addEnvironment(environment, values);
        for (Map.Entry<String, String> flag : flags.entrySet()) {
            Found found = new Found(flag.getValue(), new Origin.Flag("--set " + flag.getKey()));
            checkKnown(flag.getKey(), found);
            put(values, flag.getKey(), found);
        }
        return values;
    }

    private static void addEnvironment(Map<String, String> environment, Map<String, Found> values)
            throws ConfigException {
        Map<String, String> keyOf = new LinkedHashMap<>(Settings.VARIABLE_ALIASES);
        keyOf.put("WALNUT_PEERS", Settings.PEERS_KEY);
        Settings.ALL.forEach(setting -> keyOf.put(setting.variable(), setting.key()));
        keyOf.forEach((variable, key) -> {
            String text = environment.get(variable);
            if (text != null && !text.isEmpty()) {
                put(values, key, new Found(text, new Origin.Environment(variable)));
            }
        });
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            if (variable.getKey().startsWith(Settings.VARIABLE_PREFIX)
                    && !keyOf.containsKey(variable.getKey())
                    && !Settings.VARIABLES_OF_OTHERS.contains(variable.getKey())
                    && !OF_A_SERVICE.matcher(variable.getKey()).matches()
                    && !variable.getValue().contains("://")) {
                refuseOrWarn(variable.getKey(), keyOf.keySet());
            }
        }
    }

    /** A misspelled one would be a setting that does not hold. One that is like none of ours is somebody else's. */
    private static void refuseOrWarn(String variable, Collection<String> known) throws ConfigException {
        Optional<String> meant = Nearest.misspelled(variable, known);
        if (meant.isPresent()) {
            throw new ConfigException("unknown environment variable " + variable + "; did you mean " + meant.get()
                    + "? Correct it, or unset it");
        }
        LOG.warn("environment variable {} is none that a node knows, and is not used", variable);
    }

    private static void put(Map<String, Found> values, String key, Found found) {
        if (key.equals(Settings.PEERS_KEY)) {
            values.keySet().removeIf(other -> other.startsWith(Settings.PEERS_KEY + "["));
        }
        values.put(key, found);
    }

    private static void checkKnown(String key, Found found) throws ConfigException {
        var peerField = PEER_FIELD.matcher(key);
        if (peerField.matches()) {
            if (!PeerList.FIELDS.contains(peerField.group(1))) {
                throw unknown(key, found.origin(), peerField.group(1), PeerList.FIELDS);
            }
            return;
        }
        List<String> known =
                new ArrayList<>(Settings.ALL.stream().map(Setting::key).toList());
        known.add(Settings.PEERS_KEY);
        if (!known.contains(key)) {
            checkShape(key, found, known);
            throw unknown(key, found.origin(), key, known);
        }
    }

    /** Refuses a list or a mapping where a value belongs, and a value where a mapping belongs. */
    private static void checkShape(String key, Found found, List<String> known) throws ConfigException {
        for (String name : known) {
            if (key.startsWith(name + "[") || key.startsWith(name + ".")) {
                String shape = key.charAt(name.length()) == '[' ? "a list" : "a mapping";
                throw new ConfigException(found.origin() + ": " + name + ": found "
                        + (name.equals(Settings.PEERS_KEY)
                                ? shape + " with '" + found.text() + "', expected a list of members, each with "
                                        + String.join(", ", PeerList.FIELDS)
                                : shape + ", expected one value"));
            }
        }
        List<String> below = known.stream()
                .filter(name -> name.startsWith(key + "."))
                .map(name -> name.substring(key.length() + 1))
                .toList();
        if (!below.isEmpty()) {
            throw new ConfigException(found.origin() + ": " + key + ": found '" + found.text()
                    + "', expected a mapping (key: value) with " + String.join(", ", below));
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
