package io.walnut.node.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints the configuration in force as a YAML file that gives the same one, with the origin of each value. */
public final class ConfigPrinter {
    private ConfigPrinter() {}

    /** The parameters are those of {@link NodeConfig#load}. */
    public static String print(@Nullable Path file, Map<String, String> environment, Map<String, String> flags)
            throws ConfigException {
        Map<String, Found> values = ConfigSources.merge(file, environment, flags);
        NodeConfig config = NodeConfig.of(values);
        StringBuilder out = new StringBuilder();
        String section = "";
        for (Setting<?> setting : Settings.ALL) {
            String[] parts = setting.key().split("\\.", 2);
            if (!parts[0].equals(section)) {
                section = parts[0];
                out.append(section).append(":\n");
            }
            Found found = values.getOrDefault(
                    setting.key(), new Found(String.valueOf(setting.fallback()), new Origin.Default()));
            out.append("  # ")
                    .append(setting.meaning())
                    .append("; ")
                    .append(found.origin())
                    .append('\n');
            out.append("  ")
                    .append(parts[1])
                    .append(": ")
                    .append(quoted(found.text()))
                    .append('\n');
            if (setting.key().equals(Settings.CLUSTER_ID.key())) {
                peers(config.peers(), out);
            }
        }
        return out.toString();
    }

    private static void peers(List<PeerConfig> peers, StringBuilder out) {
        out.append("  peers:\n");
        for (PeerConfig peer : peers) {
            out.append("    - id: ").append(quoted(peer.id())).append('\n');
            out.append("      peer-address: ")
                    .append(quoted(peer.peer().toString()))
                    .append('\n');
            out.append("      client-address: ")
                    .append(quoted(peer.client().toString()))
                    .append('\n');
        }
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
